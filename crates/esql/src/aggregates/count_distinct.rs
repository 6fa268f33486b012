//! `COUNT_DISTINCT`: how many different values.

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::Expr;

use super::accumulate::{Accumulate, Row};
use super::hash::hash;
use super::hyperloglog::{Distinct, Precision};
use super::{Aggregate, AggregateCall, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, optional, param};
use crate::types::{ANY, DataType, NUMBER};
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "COUNT_DISTINCT",
    aliases: &[],
    doc: "The count of different values: exact up to 16384, then with an error of about 0.8 percent. A precision makes \
          it exact up to about that count (40000 at most) and an estimate from then on, as in Elasticsearch.",
    params: &[param("field", ANY), optional("precision", NUMBER).constant()],
    returns: Returns::Always(DataType::Long),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = [1, 2, 1] | STATS c = COUNT_DISTINCT(a)", result: "2" },
        Example { query: "ROW a = [1, 2, 1] | STATS c = COUNT_DISTINCT(a, 100)", result: "2" },
        Example { query: "ROW a = null | STATS c = COUNT_DISTINCT(a)", result: "0" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    let precision = match (call.args.get(1), call.constant(1).and_then(|value| value.as_i64())) {
        (None, _) => Precision::DEFAULT,
        (Some(_), Some(threshold)) => Precision::from_threshold(threshold),
        (Some(_), None) => {
            return Err(call.reject(1, "the precision must be a whole number".to_owned()));
        }
    };
    Ok(call.own(&AGGREGATE, CountDistinct(Distinct::new(precision)), &[0]))
}

#[derive(Debug, Clone)]
struct CountDistinct(Distinct);

impl Accumulate for CountDistinct {
    fn parts(&self) -> Vec<DataType> {
        Distinct::PARTS.to_vec()
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        row.list(0).iter().for_each(|value| self.0.add(hash(*value)));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.0.save(parts);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.0.merge(state);
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        into.push(&[Value::Long(self.0.count())]);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.0.heap()
    }
}
