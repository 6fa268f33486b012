//! `CEIL`: the next whole number.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::NUMBER;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "CEIL",
    aliases: &[],
    doc: "The least whole number that is not less than the number. Whole numbers stay as they are.",
    params: &[param("number", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = CEIL(1.2)", result: "2.0" },
        Example { query: "ROW a = CEIL(-1.2)", result: "-1.0" },
        Example { query: "ROW a = CEIL(7)", result: "7" },
    ],
    compile: |_| {
        single(|args, _| {
            Ok(Some(match args[0] {
                Value::Double(number) => Value::Double(number.ceil()),
                whole => whole,
            }))
        })
    },
};
