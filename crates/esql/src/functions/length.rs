//! `LENGTH`: the count of characters of a text.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "LENGTH",
    aliases: &[],
    doc: "The count of Unicode code points of a text.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = "é€x" | EVAL n = LENGTH(a)"#, result: "3" },
        Example { query: "ROW n = LENGTH(null)", result: "null" },
    ],
    compile: |_| {
        single(|args, _| {
            let length = args[0].as_str().map(|text| text.chars().count());
            Ok(length.and_then(|count| i32::try_from(count).ok()).map(Value::Integer))
        })
    },
};
