//! `PRESENT`: whether there is a value.

use super::presence::Presence;
use super::{Aggregate, Gives};
use crate::functions::{Example, Returns, param};
use crate::types::{ANY, DataType};

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "PRESENT",
    aliases: &[],
    doc: "Whether any row has a value; never null.",
    params: &[param("field", ANY)],
    returns: Returns::Always(DataType::Boolean),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [1, 2] | STATS p = PRESENT(a)", result: "true" },
        Example { query: "ROW a = null | STATS p = PRESENT(a)", result: "false" },
        Example { query: "ROW a = 1 | WHERE a > 2 | STATS p = PRESENT(a)", result: "false" },
    ],
    plan: |call| Ok(call.own(&AGGREGATE, Presence::new(true), &[0])),
};
