//! `PERCENTILE`: the value below which a part of all values lies.

use super::quantiles::{self, Rank};
use super::{Aggregate, Gives, NUMERIC};
use crate::functions::{Example, Returns, param};
use crate::types::DataType;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "PERCENTILE",
    aliases: &[],
    doc: "The value below which the given percentage of all values lies, between the closest two of them; null for a \
          percentage below 0 or above 100. Exact up to 16384 values, then an estimate.",
    params: &[param("number", NUMERIC), param("percentile", NUMERIC).constant()],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [1, 2, 3, 4, 11] | STATS p = PERCENTILE(a, 75)", result: "4.0" },
        Example { query: "ROW a = [1, 2] | STATS p = PERCENTILE(a, 25)", result: "1.25" },
        Example { query: "ROW a = [1, 2] | STATS p = PERCENTILE(a, 101)", result: "null" },
    ],
    plan: |call| {
        let percentage = call.constant(1).and_then(|value| value.as_f64());
        let rank = match percentage.filter(|share| 0.0 <= *share && *share <= 100.0) {
            Some(percentage) => Rank::Share(percentage / 100.0),
            None => Rank::Nowhere,
        };
        quantiles::plan(call, &AGGREGATE, rank)
    },
};
