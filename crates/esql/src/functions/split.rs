//! `SPLIT`: the parts of a text between delimiters.

use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "SPLIT",
    aliases: &[],
    doc: "The parts of a text between delimiters, empty ones included. The delimiter is one byte.",
    params: &[param("string", TEXT), param("delim", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Many,
    examples: &[
        Example { query: r#"ROW a = SPLIT("foo;bar;;baz", ";")"#, result: "[foo, bar, , baz]" },
        Example { query: r#"ROW a = SPLIT("foo", ";")"#, result: "foo" },
        Example { query: r#"ROW a = SPLIT("foo", null)"#, result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            let (text, delimiter) = match args {
                [[text], [delimiter]] => (text, delimiter),
                _ if args.iter().any(|values| 1 < values.len()) => return Err(Failure::several()),
                _ => return Ok(()),
            };
            let (Some(text), Some(delimiter)) = (text.as_str(), delimiter.as_str()) else {
                return Ok(());
            };
            if delimiter.len() != 1 {
                return Err(Failure::invalid("delimiter must be single byte for now"));
            }
            out.extend(text.split(delimiter).map(Value::Text));
            Ok(())
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, text, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn empty_parts_stay() {
        for (subject, parts) in
            [("", vec![""]), (";", vec!["", ""]), (";a", vec!["", "a"]), ("€;€", vec!["€", "€"])]
        {
            let parts = parts.into_iter().map(|part| Scalar::Text(part.into())).collect();
            let args = [text(subject), text(";")];
            assert_eq!(call("SPLIT", &args, DataType::Keyword), (parts, vec![]));
        }
    }

    #[test]
    fn one_text_and_one_byte_are_needed() {
        for (subject, delimiter, messages) in [
            (text("a"), text(""), vec!["delimiter must be single byte for now"]),
            (text("a"), text("€"), vec!["delimiter must be single byte for now"]),
            (text("a"), text(";;"), vec!["delimiter must be single byte for now"]),
            (texts(&["a", "b"]), text(";"), vec!["single-value function encountered multi-value"]),
            (Constant::null(), text(";"), vec![]),
        ] {
            let messages = messages.into_iter().map(str::to_owned).collect();
            let args = [subject, delimiter];
            assert_eq!(call("SPLIT", &args, DataType::Keyword), (vec![], messages));
        }
    }
}
