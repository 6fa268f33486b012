//! `MV_CONTAINS`: does a list have all values of another?

use super::lists::{Key, members, same_kind};
use super::{Call, Example, Function, Lists, Returns, lists, param};
use crate::types::{ANY, DataType};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_CONTAINS",
    aliases: &[],
    doc: "Whether a list has all values of another, however often. Null is a list without values, which every list \
          contains; the result is never null.",
    params: &[param("superset", ANY), param("subset", ANY)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW a = MV_CONTAINS(["a", "b", "c"], ["c", "a"])"#, result: "true" },
        Example { query: "ROW a = MV_CONTAINS([1, 2], 3)", result: "false" },
        Example { query: "ROW a = MV_CONTAINS([1, 2], null)", result: "true" },
        Example { query: "ROW a = MV_CONTAINS(null, 1)", result: "false" },
    ],
    compile: |call: &Call<'_>| {
        same_kind(call)?;
        lists(|args, _, out| {
            let own = members(args[0]);
            let contains = args[1].iter().all(|value| own.contains(&Key::of(*value)));
            out.push(Value::Boolean(contains));
            Ok(())
        })
    },
};
