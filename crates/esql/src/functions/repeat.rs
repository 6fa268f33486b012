//! `REPEAT`: a text, several times.

use super::characters::{COUNT, check_count, check_length, integer};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "REPEAT",
    aliases: &[],
    doc: "The text, so many times behind itself.",
    params: &[param("string", TEXT), param("number", COUNT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = REPEAT("ab", 3)"#, result: "ababab" },
        Example { query: r#"ROW a = REPEAT("ab", -1)"#, result: "null" },
    ],
    compile: |_| {
        single(|args, arena| {
            let (Some(text), Some(count)) = (args[0].as_str(), integer(&args[1])) else {
                return Ok(None);
            };
            let count = check_count(count)?;
            check_length(text.len().saturating_mul(count), |bytes_max| {
                format!(
                    "Creating repeated strings with more than [{bytes_max}] bytes is not supported"
                )
            })?;
            Ok(Some(arena.text(&text.repeat(count))))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, integer, text};
    use crate::types::DataType;
    use crate::value::Scalar;

    #[test]
    fn counts_have_bounds() {
        let repeat = |subject: &str, count| {
            call("REPEAT", &[text(subject), integer(count)], DataType::Keyword)
        };
        assert_eq!(repeat("a", 0), (vec![Scalar::Text("".into())], vec![]));
        assert_eq!(repeat("", i32::MAX), (vec![Scalar::Text("".into())], vec![]));
        for (count, message) in [
            (-1, "Number parameter cannot be negative, found [-1]"),
            (i32::MAX, "Creating repeated strings with more than [1048576] bytes is not supported"),
        ] {
            assert_eq!(repeat("a", count), (vec![], vec![message.to_owned()]));
        }
    }
}
