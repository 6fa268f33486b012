//! `MV_INTERSECTION`: the values that two lists share.

use super::lists::{Key, members, unique};
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_INTERSECTION",
    aliases: &[],
    doc: "The values that two lists share, without repetitions, in the order of the first; null where there are none.",
    params: &[param("field1", ANY), param("field2", ANY)],
    returns: Returns::Widest,
    lists: Lists::Many,
    examples: &[
        Example { query: "ROW a = MV_INTERSECTION([1, 2, 3, 2, 4], [2, 3, 5])", result: "[2, 3]" },
        Example { query: "ROW a = MV_INTERSECTION([1], [2])", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            let other = members(args[1]);
            out.extend(unique(args[0]).filter(|value| other.contains(&Key::of(*value))));
            Ok(())
        })
    },
};
