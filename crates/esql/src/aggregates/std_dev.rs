//! `STD_DEV`: how far the values are from their mean.

use super::moments::Moments;
use super::{Aggregate, Gives, NUMERIC};
use crate::functions::{Example, Returns, param};
use crate::types::DataType;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "STD_DEV",
    aliases: &[],
    doc: "The standard deviation of all values, taken as the whole population and not as a sample of it.",
    params: &[param("number", NUMERIC)],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [2, 4, 4, 4, 5, 5, 7, 9] | STATS d = STD_DEV(a)", result: "2.0" },
        Example { query: "ROW a = 4 | STATS d = STD_DEV(a)", result: "0.0" },
        Example { query: "ROW a = null | STATS d = STD_DEV(a)", result: "null" },
    ],
    plan: |call| Ok(call.own(&AGGREGATE, Moments::new(f64::sqrt), &[0])),
};
