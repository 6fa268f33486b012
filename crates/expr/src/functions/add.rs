//! `add`: the operator `+` as a function.

use super::arithmetic;
use crate::Arithmetic;
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("add"),
    esql: None,
    any_case: false,
    params: &[param("left", Takes::Number), param("right", Takes::Number)],
    returns: Returns::WidestNumber,
    doc: "The sum of two numbers, as `left + right`.",
    examples: &[
        Example { query: "add(process.pid, 3)", event: r#"{"process.pid": 7}"#, result: "10" },
        Example { query: "add(process.pid, 3)", event: "{}", result: "null" },
    ],
    compile: |_| arithmetic::body(Arithmetic::Add),
};
