//! `MEDIAN_ABSOLUTE_DEVIATION`: how far the values are from their median.

use super::quantiles::{self, Rank};
use super::{Aggregate, Gives, NUMERIC};
use crate::functions::{Example, Returns, param};
use crate::types::DataType;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "MEDIAN_ABSOLUTE_DEVIATION",
    aliases: &[],
    doc: "The median of the distances of all values from their median, which a few outliers hardly change. Exact up to \
          16384 values, then an estimate.",
    params: &[param("number", NUMERIC)],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example {
            query: "ROW a = [0, 2, 5, 6, 1000] | STATS d = MEDIAN_ABSOLUTE_DEVIATION(a)",
            result: "3.0",
        },
        Example { query: "ROW a = 4 | STATS d = MEDIAN_ABSOLUTE_DEVIATION(a)", result: "0.0" },
        Example { query: "ROW a = null | STATS d = MEDIAN_ABSOLUTE_DEVIATION(a)", result: "null" },
    ],
    plan: |call| quantiles::plan(call, &AGGREGATE, Rank::Deviation),
};
