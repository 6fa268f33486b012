//! `RIGHT`: the last code points of a text.

use super::characters::{COUNT, at_least_none, byte_of, integer};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "RIGHT",
    aliases: &[],
    doc: "The last code points of a text, as many as asked for. None for a negative count.",
    params: &[param("string", TEXT), param("length", COUNT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = RIGHT("p€wersh!", 3)"#, result: "sh!" },
        Example { query: "ROW a = RIGHT(null, 3)", result: "null" },
    ],
    compile: |_| {
        single(|args, _| {
            let (Some(text), Some(length)) = (args[0].as_str(), integer(&args[1])) else {
                return Ok(None);
            };
            let skipped = text.chars().count().saturating_sub(at_least_none(length));
            Ok(Some(Value::Text(&text[byte_of(text, skipped)..])))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, integer, text};
    use crate::types::DataType;
    use crate::value::Scalar;

    #[test]
    fn lengths_stay_inside() {
        for (length, expected) in [
            (1, "!"),
            (2, "h!"),
            (8, "p€wersh!"),
            (i32::MAX, "p€wersh!"),
            (0, ""),
            (-1, ""),
            (i32::MIN, ""),
        ] {
            let args = [text("p€wersh!"), integer(length)];
            let expected = (vec![Scalar::Text(expected.into())], vec![]);
            assert_eq!(call("RIGHT", &args, DataType::Keyword), expected, "{length}");
        }
    }
}
