//! `subtract`: the operator `-` as a function.

use super::arithmetic;
use crate::Arithmetic;
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("subtract"),
    esql: None,
    any_case: false,
    params: &[param("left", Takes::Number), param("right", Takes::Number)],
    returns: Returns::WidestNumber,
    doc: "The difference of two numbers, as `left - right`.",
    examples: &[
        Example { query: "subtract(process.pid, 3)", event: r#"{"process.pid": 7}"#, result: "4" },
        Example { query: "subtract(process.pid, 3)", event: "{}", result: "null" },
    ],
    compile: |_| arithmetic::body(Arithmetic::Subtract),
};
