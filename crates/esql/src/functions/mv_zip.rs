//! `MV_ZIP`: two lists of texts joined pair by pair.

use super::{Example, Function, Lists, Returns, lists, optional, param};
use crate::types::{DataType, TEXT};
use crate::value::{Arena, Value};
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_ZIP",
    aliases: &[],
    doc: "The texts of two lists joined pair by pair, with a delimiter (a comma without one) between them. What the \
          longer list has more stands alone.",
    params: &[param("string1", TEXT), param("string2", TEXT), optional("delim", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Many,
    examples: &[
        Example {
            query: r#"ROW a = MV_ZIP(["x", "y", "z"], ["1", "2"], "-")"#,
            result: "[x-1, y-2, z]",
        },
        Example { query: r#"ROW a = MV_ZIP("a", "b")"#, result: "a,b" },
    ],
    compile: |_| {
        lists(|args, arena, out| match args.get(2) {
            None => {
                zip(args[0], args[1], ",", arena, out);
                Ok(())
            }
            Some([Value::Text(delim)]) => {
                zip(args[0], args[1], delim, arena, out);
                Ok(())
            }
            Some([_, _, ..]) => Err(Failure::several()),
            Some(_) => Ok(()),
        })
    },
};

fn zip<'v>(
    left: &[Value<'v>],
    right: &[Value<'v>],
    delim: &str,
    arena: &'v Arena,
    out: &mut Vec<Value<'v>>,
) {
    for at in 0..left.len().max(right.len()) {
        out.extend(match (left.get(at), right.get(at)) {
            (Some(Value::Text(a)), Some(Value::Text(b))) => {
                Some(arena.text(&format!("{a}{delim}{b}")))
            }
            (one, other) => one.or(other).copied(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn what_has_no_partner_stands_alone() {
        let list = || texts(&["a", "b"]);
        for (args, expected) in [
            (vec![list(), text("1")], &["a,1", "b"][..]),
            (vec![text("1"), list(), text("")], &["1a", "b"]),
            (vec![list(), Constant::null()], &["a", "b"]),
            (vec![Constant::null(), list()], &["a", "b"]),
            (vec![Constant::null(), Constant::null()], &[]),
            (vec![list(), list(), Constant::null()], &[]),
        ] {
            let expected = expected.iter().map(|text| Scalar::Text((*text).into())).collect();
            assert_eq!(call("MV_ZIP", &args, DataType::Keyword), (expected, vec![]));
        }
        let (_, failures) = call("MV_ZIP", &[list(), list(), list()], DataType::Keyword);
        assert_eq!(failures, ["single-value function encountered multi-value"]);
    }
}
