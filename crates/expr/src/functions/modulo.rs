//! `modulo`: the operator `%` as a function.

use super::arithmetic;
use crate::Arithmetic;
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("modulo"),
    esql: None,
    any_case: false,
    params: &[param("left", Takes::Number), param("right", Takes::Number)],
    returns: Returns::WidestNumber,
    doc: "The remainder of a division, as `left % right`; it has the sign of `left`.",
    examples: &[
        Example { query: "modulo(process.pid, 3)", event: r#"{"process.pid": 7}"#, result: "1" },
        Example { query: "modulo(process.pid, 3)", event: "{}", result: "null" },
    ],
    compile: |_| arithmetic::body(Arithmetic::Modulo),
};
