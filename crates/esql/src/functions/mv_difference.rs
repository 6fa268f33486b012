//! `MV_DIFFERENCE`: the values of a list that another does not have.

use super::lists::{Key, members, unique};
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_DIFFERENCE",
    aliases: &[],
    doc: "The values of the first list that the second does not have, without repetitions; null where there are none. \
          Null as the second is a list without values.",
    params: &[param("field1", ANY), param("field2", ANY)],
    returns: Returns::Widest,
    lists: Lists::Many,
    examples: &[
        Example { query: "ROW a = MV_DIFFERENCE([1, 2, 1, 3], [3, 4])", result: "[1, 2]" },
        Example { query: "ROW a = MV_DIFFERENCE([1, 2], null)", result: "[1, 2]" },
        Example { query: "ROW a = MV_DIFFERENCE([1, 2], [2, 1])", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            let other = members(args[1]);
            out.extend(unique(args[0]).filter(|value| !other.contains(&Key::of(*value))));
            Ok(())
        })
    },
};
