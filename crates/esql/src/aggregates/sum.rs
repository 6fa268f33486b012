//! `SUM`: all values together.

use brokerwatch_expr::Diagnostic;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::{Expr, cast};

use super::accumulate::{Accumulate, Row};
use super::total::Total;
use super::{Aggregate, AggregateCall, Gives, NUMERIC};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "SUM",
    aliases: &[],
    doc: "The sum of all values: a long for whole numbers, null with a warning where no long can hold it; otherwise a \
          double.",
    params: &[param("number", NUMERIC)],
    returns: Returns::From(|types| match types.first() {
        Some(ty) if ty.is_whole() => DataType::Long,
        _ => DataType::Double,
    }),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW n = [1, 2, 4] | STATS sum = SUM(n)", result: "7" },
        Example { query: "ROW n = [9223372036854775807, 1] | STATS sum = SUM(n)", result: "null" },
        Example { query: "ROW n = 1.5 | WHERE n > 2 | STATS sum = SUM(n)", result: "null" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    let integers = call.single(0).filter(|_| call.ty(0) == DataType::Integer);
    Ok(match integers {
        // No count of rows that a machine holds makes integers overflow a long.
        Some(column) => call.native(sum_udaf(), vec![cast(column, ArrowType::Int64)]),
        None => call.own(&AGGREGATE, Sum { total: Total::default(), ty: call.returns }, &[0]),
    })
}

#[derive(Debug, Clone)]
struct Sum {
    total: Total,
    ty: DataType,
}

impl Accumulate for Sum {
    fn parts(&self) -> Vec<DataType> {
        Total::PARTS.to_vec()
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.total.add(row.list(0));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.total.save(parts);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.total.merge(state);
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        if self.total.count == 0 {
            into.push(&[]);
        } else if self.ty == DataType::Long {
            let sum = i64::try_from(self.total.whole);
            into.push(&[Value::Long(sum.map_err(|_| Failure::arithmetic("long overflow"))?)]);
        } else {
            into.push(&[Value::Double(self.total.as_f64())]);
        }
        Ok(())
    }
}
