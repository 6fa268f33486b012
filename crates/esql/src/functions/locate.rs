//! `LOCATE`: where a text stands in another.

use super::characters::{COUNT, byte_of, index_of_place, integer};
use super::{Example, Function, Lists, Returns, optional, param, single};
use crate::types::{DataType, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "LOCATE",
    aliases: &[],
    doc: "The place of the first occurrence of a text in another, in code points from 1; 0 if there is none. With a \
          start, the first at that place or behind it.",
    params: &[param("string", TEXT), param("substring", TEXT), optional("start", COUNT)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW n = LOCATE("a €b €b", "€b")"#, result: "3" },
        Example { query: r#"ROW n = LOCATE("a €b €b", "€b", 4)"#, result: "6" },
        Example { query: r#"ROW n = LOCATE("cmd", "powershell")"#, result: "0" },
    ],
    compile: |_| {
        single(|args, _| {
            let (Some(text), Some(part)) = (args[0].as_str(), args[1].as_str()) else {
                return Ok(None);
            };
            let start = args.get(2).and_then(integer).unwrap_or(1);
            Ok(i32::try_from(locate(text, part, start)).ok().map(Value::Integer))
        })
    },
};

fn locate(text: &str, part: &str, start: i32) -> usize {
    let from = byte_of(text, index_of_place(text, start));
    text[from..].find(part).map_or(0, |at| 1 + text[..from + at].chars().count())
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn starts_stay_inside() {
        for (text, part, start, expected) in [
            ("hello hello", "hello", 0, 1),
            ("hello hello", "hello", 1, 1),
            ("hello hello", "hello", 2, 7),
            ("hello hello", "hello", 8, 0),
            ("hello hello", "hello", -5, 7),
            ("hello hello", "hello", -4, 0),
            ("hello hello", "hello", i32::MIN, 1),
            ("hello hello", "hello", i32::MAX, 0),
            ("hello", "", 3, 3),
            ("hello", "", 99, 6),
            ("", "", 1, 1),
            ("", "a", 1, 0),
            ("❗️x", "x", 1, 3),
        ] {
            assert_eq!(locate(text, part, start), expected, "{text} {part} {start}");
        }
    }
}
