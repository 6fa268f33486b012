//! `COUNT`: how many rows, or how many values.

use brokerwatch_expr::Diagnostic;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::{Expr, lit};

use super::accumulate::{Accumulate, Row};
use super::{Aggregate, AggregateCall, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, optional};
use crate::types::{ANY, DataType};
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "COUNT",
    aliases: &[],
    doc: "The count of rows for `COUNT(*)`, of values otherwise: a list counts as many as it has.",
    params: &[optional("field", ANY)],
    returns: Returns::Always(DataType::Long),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = 1 | STATS c = COUNT(*)", result: "1" },
        Example { query: "ROW a = [1, 1, 2] | STATS c = COUNT(a)", result: "3" },
        Example { query: "ROW a = null | STATS c = COUNT(a)", result: "0" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    Ok(match call.single(0).filter(|_| call.ty(0) != DataType::Null) {
        Some(column) => call.native(count_udaf(), vec![column]),
        // The constant that DataFusion counts the rows of a scan by, without reading a column.
        None if call.exprs.is_empty() => call.native(count_udaf(), vec![lit(1_i64)]),
        None => call.own(&AGGREGATE, Count::default(), &[0]),
    })
}

#[derive(Debug, Clone, Default)]
struct Count(i64);

impl Accumulate for Count {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Long]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.0 += row.list(0).len() as i64;
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        parts[0].push(&[Value::Long(self.0)]);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.0 += state.first(0).and_then(|count| count.as_i64()).unwrap_or_default();
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        into.push(&[Value::Long(self.0)]);
        Ok(())
    }
}
