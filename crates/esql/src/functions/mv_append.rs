//! `MV_APPEND`: one list behind another.

use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_APPEND",
    aliases: &[],
    doc: "The values of one list behind those of another; null where either has none.",
    params: &[param("field1", ANY), param("field2", ANY)],
    returns: Returns::Widest,
    lists: Lists::Many,
    examples: &[
        Example { query: r#"ROW a = MV_APPEND(["b", "a"], "b")"#, result: "[b, a, b]" },
        Example { query: "ROW a = MV_APPEND([1, 2], null)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            if !args[0].is_empty() && !args[1].is_empty() {
                out.extend_from_slice(args[0]);
                out.extend_from_slice(args[1]);
            }
            Ok(())
        })
    },
};
