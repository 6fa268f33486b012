//! `SIGNUM`: the sign of a number.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "SIGNUM",
    aliases: &[],
    doc: "-1.0 for a negative number, 0.0 for zero and 1.0 for a positive one.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = SIGNUM(-7)", result: "-1.0" },
        Example { query: "ROW a = SIGNUM(0.0)", result: "0.0" },
    ],
    compile: |_| {
        single(|args, _| {
            // Rust's `signum` of zero is one.
            let sign = |number: f64| if number == 0.0 { number } else { number.signum() };
            Ok(args[0].as_f64().map(sign).map(Value::Double))
        })
    },
};
