//! `divide`: the operator `/` as a function.

use super::arithmetic;
use crate::Arithmetic;
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("divide"),
    esql: None,
    any_case: false,
    params: &[param("left", Takes::Number), param("right", Takes::Number)],
    returns: Returns::WidestNumber,
    doc: "The quotient of two numbers, as `left / right`; two whole numbers give a whole number, cut towards zero.",
    examples: &[
        Example { query: "divide(process.pid, 3)", event: r#"{"process.pid": 7}"#, result: "2" },
        Example { query: "divide(process.pid, 3)", event: "{}", result: "null" },
    ],
    compile: |_| arithmetic::body(Arithmetic::Divide),
};
