//! `MEDIAN`: the value in the middle.

use super::quantiles::{self, Rank};
use super::{Aggregate, Gives, NUMERIC};
use crate::functions::{Example, Returns, param};
use crate::types::DataType;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "MEDIAN",
    aliases: &[],
    doc: "The value in the middle, or between the two there. Exact up to 16384 values, then an estimate.",
    params: &[param("number", NUMERIC)],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [9, 1, 2] | STATS m = MEDIAN(a)", result: "2.0" },
        Example { query: "ROW a = [1, 2] | STATS m = MEDIAN(a)", result: "1.5" },
        Example { query: "ROW a = null | STATS m = MEDIAN(a)", result: "null" },
    ],
    plan: |call| quantiles::plan(call, &AGGREGATE, Rank::Share(0.5)),
};
