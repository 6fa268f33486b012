//! `ABSENT`: whether there is no value.

use super::presence::Presence;
use super::{Aggregate, Gives};
use crate::functions::{Example, Returns, param};
use crate::types::{ANY, DataType};

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "ABSENT",
    aliases: &[],
    doc: "Whether no row has a value; never null.",
    params: &[param("field", ANY)],
    returns: Returns::Always(DataType::Boolean),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [1, 2] | STATS p = ABSENT(a)", result: "false" },
        Example { query: "ROW a = null | STATS p = ABSENT(a)", result: "true" },
        Example { query: "ROW a = 1 | WHERE a > 2 | STATS p = ABSENT(a)", result: "true" },
    ],
    plan: |call| Ok(call.own(&AGGREGATE, Presence::new(false), &[0])),
};
