//! `MV_UNION`: the values of two lists.

use super::lists::unique;
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_UNION",
    aliases: &[],
    doc: "The values of two lists without repetitions, as they came first. Null is a list without values.",
    params: &[param("field1", ANY), param("field2", ANY)],
    returns: Returns::Widest,
    lists: Lists::Many,
    examples: &[
        Example { query: "ROW a = MV_UNION([1, 2, 2], [3, 2])", result: "[1, 2, 3]" },
        Example { query: "ROW a = MV_UNION(null, [3, 3])", result: "3" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            out.extend(unique(&args.concat()));
            Ok(())
        })
    },
};
