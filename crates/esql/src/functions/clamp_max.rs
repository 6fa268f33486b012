//! `CLAMP_MAX`: a value with an upper bound.

use std::cmp::Ordering;

use super::greatest::chosen;
use super::numeric::ORDERED;
use super::{Example, Function, Lists, Returns, param, single};

pub(crate) const FUNCTION: Function = Function {
    name: "CLAMP_MAX",
    aliases: &[],
    doc: "The lesser of a value and a bound.",
    params: &[param("field", ORDERED), param("max", ORDERED)],
    returns: Returns::Widest,
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = CLAMP_MAX(7, 5)", result: "5" },
        Example { query: "ROW a = CLAMP_MAX(3, 5)", result: "3" },
        Example { query: r#"ROW a = CLAMP_MAX("b", "a")"#, result: "a" },
    ],
    compile: |call| {
        let ty = call.returns;
        single(move |args, _| Ok(Some(chosen(args[0], args[1], ty, Ordering::Less))))
    },
};
