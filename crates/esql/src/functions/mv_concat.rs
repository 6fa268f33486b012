//! `MV_CONCAT`: the texts of a list as one text.

use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_CONCAT",
    aliases: &[],
    doc: "The texts of a list as one text, with a delimiter between them.",
    params: &[param("string", TEXT), param("delim", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::One,
    examples: &[
        Example {
            query: r#"ROW a = MV_CONCAT(["foo", "zoo", "bar"], ", ")"#,
            result: "foo, zoo, bar",
        },
        Example { query: r#"ROW a = MV_CONCAT(TO_STRING([10, 9]), "-")"#, result: "10-9" },
    ],
    compile: |_| {
        lists(|args, arena, out| {
            // A delimiter that is missing or several is no failure, but there is no result.
            if let (true, [Value::Text(delim)]) = (!args[0].is_empty(), args[1]) {
                let texts: Vec<&str> = args[0].iter().filter_map(Value::as_str).collect();
                out.push(arena.text(&texts.join(delim)));
            }
            Ok(())
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn one_delimiter_joins() {
        let list = || texts(&["a", "b"]);
        for (args, expected) in [
            ([list(), text("")], Some("ab")),
            ([text("a"), text(",")], Some("a")),
            ([list(), Constant::null()], None),
            ([Constant::null(), text(",")], None),
            ([list(), texts(&[",", ";"])], None),
        ] {
            let expected = expected.map(|text| Scalar::Text(text.into()));
            let found = call("MV_CONCAT", &args, DataType::Keyword);
            assert_eq!(found, (expected.into_iter().collect(), vec![]));
        }
    }
}
