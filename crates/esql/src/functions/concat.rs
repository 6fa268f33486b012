//! `CONCAT`: texts, one behind the other.

use super::characters::check_length;
use super::{Example, Function, Lists, Returns, param, repeated, single};
use crate::types::{DataType, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "CONCAT",
    aliases: &[],
    doc: "The texts, one behind the other. Null if one of them is.",
    params: &[param("string1", TEXT), repeated("string2", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = CONCAT("DOMAIN", "\\", "user")"#, result: r"DOMAIN\user" },
        Example { query: r#"ROW a = CONCAT("a", null)"#, result: "null" },
    ],
    compile: |_| {
        single(|args, arena| {
            let texts = || args.iter().filter_map(Value::as_str);
            check_length(texts().map(str::len).sum(), |bytes_max| {
                format!("concatenating more than [{bytes_max}] bytes is not supported")
            })?;
            Ok(Some(arena.text(&texts().collect::<String>())))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, text};
    use crate::limits::TEXT_BYTES_MAX;
    use crate::types::DataType;
    use crate::value::Scalar;

    #[test]
    fn a_text_that_is_too_long_is_null() {
        let half = "x".repeat(TEXT_BYTES_MAX / 2);
        let args = [text(&half), text(&half)];
        let (values, failures) = call("CONCAT", &args, DataType::Keyword);
        assert!(matches!(&values[..], [Scalar::Text(long)] if long.len() == TEXT_BYTES_MAX));
        assert!(failures.is_empty());
        let args = [text(&half), text(&half), text("y")];
        let message = "concatenating more than [1048576] bytes is not supported";
        assert_eq!(call("CONCAT", &args, DataType::Keyword), (vec![], vec![message.to_owned()]));
    }
}
