//! `SAMPLE`: some of the values.

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::Expr;

use super::accumulate::{Accumulate, Row};
use super::hash::{hash, number};
use super::ranking::Ranking;
use super::{Aggregate, AggregateCall, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::{ANY, DataType, WHOLE};
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "SAMPLE",
    aliases: &[],
    doc: "At most `limit` of the values, each as likely as the others; the same ones for the same rows in the same \
          order.",
    params: &[param("field", ANY), param("limit", WHOLE).constant()],
    returns: Returns::Like(0),
    gives: Gives::Many,
    examples: &[
        Example { query: "ROW a = [7, 7] | STATS s = SAMPLE(a, 5)", result: "[7, 7]" },
        Example { query: "ROW a = [7, 7] | STATS s = SAMPLE(a, 1)", result: "7" },
        Example { query: "ROW a = null | STATS s = SAMPLE(a, 5)", result: "null" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    let limit = call.count(1, "the limit")?;
    let lowest = Ranking::new(DataType::Long, Some(call.ty(0)), limit, false);
    Ok(call.own(&AGGREGATE, Sample { lowest, seen: 0 }, &[0]))
}

/// Draws a number for every value and keeps those with the lowest, which parts of a group can do on their own.
#[derive(Debug, Clone)]
struct Sample {
    lowest: Ranking,
    seen: u64,
}

impl Accumulate for Sample {
    fn parts(&self) -> Vec<DataType> {
        self.lowest.parts()
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        for value in row.list(0) {
            // A draw that is no chance: the value and how many came before it decide, so that runs can be compared.
            let draw = number(hash(*value).wrapping_add(self.seen));
            self.seen += 1;
            self.lowest.offer(Value::Long(draw.cast_signed()), Some(*value));
        }
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.lowest.save(parts);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.lowest.merge(state);
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        self.lowest.finish(into)
    }

    fn heap(&self) -> usize {
        self.lowest.heap()
    }
}
