//! `LAST`: the value of the row with the greatest key.

use std::cmp::Ordering;

use super::{Aggregate, Gives, ORDERED, pick};
use crate::functions::{Example, Returns, param};
use crate::types::ANY;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "LAST",
    aliases: &["LATEST"],
    doc: "The value of the row whose sort field is greatest, be it null or a list. Rows without a sort field come last; of \
          several such rows it is the one that came first.",
    params: &[param("field", ANY), param("sortField", ORDERED)],
    returns: Returns::Like(0),
    gives: Gives::Like(0),
    examples: &[
        Example { query: "ROW a = 1, t = 5 | STATS f = LAST(a, t)", result: "1" },
        Example { query: "ROW a = [3, 1], t = 5 | STATS f = LAST(a, t)", result: "[3, 1]" },
        Example { query: "ROW a = 1, t = 5 | WHERE a > 2 | STATS f = LAST(a, t)", result: "null" },
    ],
    plan: |call| Ok(pick::plan(call, &AGGREGATE, Ordering::Greater)),
};
