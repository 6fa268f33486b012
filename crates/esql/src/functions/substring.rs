//! `SUBSTRING`: a part of a text, by place and length.

use super::characters::{COUNT, byte_of, index_of_place, integer};
use super::{Example, Function, Lists, Returns, optional, param, single};
use crate::types::{DataType, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "SUBSTRING",
    aliases: &[],
    doc: "The part of a text that begins at a place, up to a length or to the end. Places count code points from 1, and \
          backwards from -1; 0 is the same as 1.",
    params: &[param("string", TEXT), param("start", COUNT), optional("length", COUNT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = SUBSTRING("Anwar", 2, 3)"#, result: "nwa" },
        Example { query: r#"ROW a = SUBSTRING("Anwar", -3)"#, result: "war" },
    ],
    compile: |_| {
        single(|args, _| {
            let (Some(text), Some(start)) = (args[0].as_str(), integer(&args[1])) else {
                return Ok(None);
            };
            let rest = &text[byte_of(text, index_of_place(text, start))..];
            let Some(length) = args.get(2).and_then(integer) else {
                return Ok(Some(Value::Text(rest)));
            };
            let length = usize::try_from(length).map_err(|_| {
                let message = format!("Length parameter cannot be negative, found [{length}]");
                Failure::argument(message)
            })?;
            Ok(Some(Value::Text(&rest[..byte_of(rest, length)])))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, integer, text};
    use crate::types::DataType;
    use crate::value::Scalar;

    #[test]
    fn places_and_lengths_stay_inside() {
        for (subject, start, length, expected) in [
            ("a€tiger", 2, 1, "€"),
            ("a€tiger", 0, 2, "a€"),
            ("a€tiger", -5, 2, "ti"),
            ("a€tiger", -99, 2, "a€"),
            ("a€tiger", 7, 99, "r"),
            ("a€tiger", 8, 1, ""),
            ("a€tiger", 99, 1, ""),
            ("a€tiger", 1, 0, ""),
            ("a€tiger", i32::MIN, i32::MAX, "a€tiger"),
            ("a€tiger", i32::MAX, i32::MAX, ""),
            ("", 1, 1, ""),
        ] {
            let args = [text(subject), integer(start), integer(length)];
            let expected = (vec![Scalar::Text(expected.into())], vec![]);
            assert_eq!(call("SUBSTRING", &args, DataType::Keyword), expected, "{start} {length}");
        }
    }

    #[test]
    fn a_negative_length_fails() {
        let args = [text("a"), integer(1), integer(-1)];
        let message = "Length parameter cannot be negative, found [-1]";
        assert_eq!(call("SUBSTRING", &args, DataType::Keyword), (vec![], vec![message.to_owned()]));
    }
}
