//! `CLAMP_MIN`: a value with a lower bound.

use std::cmp::Ordering;

use super::greatest::chosen;
use super::numeric::ORDERED;
use super::{Example, Function, Lists, Returns, param, single};

pub(crate) const FUNCTION: Function = Function {
    name: "CLAMP_MIN",
    aliases: &[],
    doc: "The greater of a value and a bound.",
    params: &[param("field", ORDERED), param("min", ORDERED)],
    returns: Returns::Widest,
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = CLAMP_MIN(3, 5)", result: "5" },
        Example { query: "ROW a = CLAMP_MIN(7, 5)", result: "7" },
        Example { query: r#"ROW a = CLAMP_MIN("1.2"::version, "1.10"::version)"#, result: "1.10" },
    ],
    compile: |call| {
        let ty = call.returns;
        single(move |args, _| Ok(Some(chosen(args[0], args[1], ty, Ordering::Greater))))
    },
};
