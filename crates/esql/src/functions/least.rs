//! `LEAST`: the least of several values.

use std::cmp::Ordering;

use super::greatest::of_all;
use super::numeric::ORDERED;
use super::{Example, Function, Lists, Returns, repeated};

pub(crate) const FUNCTION: Function = Function {
    name: "LEAST",
    aliases: &[],
    doc: "The least of the values, each list counting as the least of its own. Null if any of them is null; false is less \
          than true.",
    params: &[repeated("value", ORDERED)],
    returns: Returns::Widest,
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = LEAST(10, 20.5, 3)", result: "3.0" },
        Example { query: r#"ROW a = LEAST("b", "a")"#, result: "a" },
        Example { query: "ROW a = LEAST(1, null)", result: "null" },
    ],
    compile: |call| of_all(call, Ordering::Less),
};
