//! `MV_INTERSECTS`: do two lists share a value?

use super::lists::{Key, members, same_kind};
use super::{Call, Example, Function, Lists, Returns, lists, param};
use crate::types::{ANY, DataType};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_INTERSECTS",
    aliases: &[],
    doc: "Whether two lists share a value. Null is a list without values; the result is never null.",
    params: &[param("field1", ANY), param("field2", ANY)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW a = MV_INTERSECTS(["a", "b"], ["c", "b"])"#, result: "true" },
        Example { query: "ROW a = MV_INTERSECTS([1, 2], null)", result: "false" },
    ],
    compile: |call: &Call<'_>| {
        same_kind(call)?;
        lists(|args, _, out| {
            let own = members(args[0]);
            let shared = args[1].iter().any(|value| own.contains(&Key::of(*value)));
            out.push(Value::Boolean(shared));
            Ok(())
        })
    },
};
