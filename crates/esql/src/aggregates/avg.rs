//! `AVG`: the mean of all values.

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::Expr;

use super::accumulate::{Accumulate, Row};
use super::total::Total;
use super::{Aggregate, AggregateCall, Gives, NUMERIC};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "AVG",
    aliases: &[],
    doc: "The mean of all values.",
    params: &[param("number", NUMERIC)],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW n = [1, 2, 6] | STATS mean = AVG(n)", result: "3.0" },
        Example { query: "ROW n = 1.5 | STATS mean = AVG(n)", result: "1.5" },
        Example { query: "ROW n = 1 | WHERE n > 2 | STATS mean = AVG(n)", result: "null" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    // DataFusion's own mean adds floats without what rounding takes, so that it depends on the order of the rows.
    Ok(call.own(&AGGREGATE, Mean::default(), &[0]))
}

#[derive(Debug, Clone, Default)]
struct Mean(Total);

impl Accumulate for Mean {
    fn parts(&self) -> Vec<DataType> {
        Total::PARTS.to_vec()
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.0.add(row.list(0));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.0.save(parts);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.0.merge(state);
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody counts up to 2^53 values")]
    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        match self.0.count {
            0 => into.push(&[]),
            count => into.push(&[Value::Double(self.0.as_f64() / count as f64)]),
        }
        Ok(())
    }
}
