//! `HASH`: the digest of a text by an algorithm of choice.

use super::digest::{Algorithm, digest};
use super::{Call, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "HASH",
    aliases: &[],
    doc: "The digest of the text in UTF-8, as hexadecimal digits: `MD5`, `SHA-1`, `SHA-224`, `SHA-256`, `SHA-384`, \
          `SHA-512`, `SHA-512/224` or `SHA-512/256`.",
    params: &[param("algorithm", TEXT), param("input", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = HASH("md5", "hello world")"#,
            result: "5eb63bbbe01eeed093cb22bb8f5acdc3",
        },
        Example { query: r#"ROW a = HASH("CRC32", "hello world")"#, result: "null" },
    ],
    compile: |call: &Call<'_>| {
        let constant = call.text(0).map(Algorithm::by_name);
        single(move |args, arena| {
            let (Some(name), Some(text)) = (args[0].as_str(), args[1].as_str()) else {
                return Ok(None);
            };
            let algorithm = match &constant {
                Some(known) => known.clone()?,
                None => Algorithm::by_name(name)?,
            };
            Ok(Some(arena.text(&digest(algorithm, text))))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, text};
    use crate::types::DataType;

    #[test]
    fn an_unknown_algorithm_fails() {
        let args = [text("CRC32"), text("a")];
        let expected = (vec![], vec!["CRC32 MessageDigest not available".to_owned()]);
        assert_eq!(call("HASH", &args, DataType::Keyword), expected);
    }
}
