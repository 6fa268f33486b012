//! What `INLINE STATS` makes of the groups of a row with several: their values in the order of the row's own.
//!
//! No query can name it.

use super::accumulate::{Accumulate, Row};
use super::extreme::text_bytes;
use super::{Aggregate, AggregateCall, Gives};
use crate::block::Builder;
use crate::functions::{Returns, param};
use crate::types::{ANY, DataType};
use crate::value::{Scalar, Value};
use crate::warnings::Failure;
use datafusion::logical_expr::Expr;

const AGGREGATE: Aggregate = Aggregate {
    name: "GATHER",
    aliases: &[],
    doc: "",
    params: &[param("field", ANY), param("order", ANY)],
    returns: Returns::Like(0),
    gives: Gives::Many,
    examples: &[],
    plan: |call| Ok(gather(call)),
};

/// The values of the first argument, ordered by the second.
pub(crate) fn gather(call: &AggregateCall<'_>) -> Expr {
    call.own(&AGGREGATE, Gather { ty: call.ty(0), values: Vec::new(), text: 0 }, &[0, 1])
}

#[derive(Debug, Clone)]
struct Gather {
    ty: DataType,
    values: Vec<(f64, Scalar)>,
    text: usize,
}

impl Gather {
    fn add(&mut self, order: Value<'_>, value: Value<'_>) {
        let value = value.to_owned();
        self.text += text_bytes(&value);
        self.values.push((order.as_f64().unwrap_or_default(), value));
    }
}

impl Accumulate for Gather {
    fn parts(&self) -> Vec<DataType> {
        vec![self.ty, DataType::Double]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        let order = row.first(1).unwrap_or(Value::Double(0.0));
        row.list(0).iter().for_each(|value| self.add(order, *value));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        let values: Vec<Value<'_>> = self.values.iter().map(|(_, value)| value.get()).collect();
        let orders: Vec<Value<'_>> =
            self.values.iter().map(|(order, _)| Value::Double(*order)).collect();
        parts[0].push(&values);
        parts[1].push(&orders);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        for (value, order) in state.list(0).iter().zip(state.list(1)) {
            self.add(*order, *value);
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        self.values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let values: Vec<Value<'_>> = self.values.iter().map(|(_, value)| value.get()).collect();
        into.push(&values);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.values.capacity() * size_of::<(f64, Scalar)>() + self.text
    }
}
