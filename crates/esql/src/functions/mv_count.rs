//! `MV_COUNT`: how many values a list has.

use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{ANY, DataType};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_COUNT",
    aliases: &[],
    doc: "How many values a list has; null for none.",
    params: &[param("field", ANY)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW n = MV_COUNT(["foo", "zoo", "bar"])"#, result: "3" },
        Example { query: "ROW n = MV_COUNT(7)", result: "1" },
        Example { query: "ROW n = MV_COUNT(null)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            let count = i32::try_from(args[0].len()).ok().filter(|count| *count != 0);
            out.extend(count.map(Value::Integer));
            Ok(())
        })
    },
};
