//! `MAX`: the greatest value.

use std::cmp::Ordering;

use super::{Aggregate, Gives, ORDERED, extreme};
use crate::functions::{Example, Returns, param};

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "MAX",
    aliases: &[],
    doc: "The greatest value, in the order in which `SORT` has values of its type.",
    params: &[param("field", ORDERED)],
    returns: Returns::Like(0),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [2, 1, 3] | STATS m = MAX(a)", result: "3" },
        Example {
            query: r#"ROW a = ["1.10.0", "1.9.0", "1.0.0"]::VERSION | STATS m = MAX(a)"#,
            result: "1.10.0",
        },
        Example { query: "ROW a = 1 | WHERE a > 2 | STATS m = MAX(a)", result: "null" },
    ],
    plan: |call| Ok(extreme::plan(call, &AGGREGATE, Ordering::Greater)),
};
