//! The values of the row with the least or greatest key, for `FIRST` and `LAST`.

use std::cmp::Ordering;

use super::accumulate::{Accumulate, Row};
use super::extreme::text_bytes;
use super::ranking::total_order;
use super::{Aggregate, AggregateCall};
use crate::block::Builder;
use crate::types::DataType;
use crate::value::{Scalar, Value};
use crate::warnings::Failure;
use datafusion::logical_expr::Expr;

/// `FIRST` for [`Ordering::Less`], `LAST` for [`Ordering::Greater`].
pub(super) fn plan(call: &AggregateCall<'_>, aggregate: &Aggregate, better: Ordering) -> Expr {
    let empty = Pick { value: call.ty(0), key: call.ty(1), better, best: None };
    call.own(aggregate, empty, &[0, 1])
}

#[derive(Debug, Clone)]
struct Pick {
    value: DataType,
    key: DataType,
    better: Ordering,
    best: Option<Best>,
}

#[derive(Debug, Clone)]
struct Best {
    /// None for a row whose key is null: any other row is better.
    key: Option<Scalar>,
    /// All values of the row: none for null, several for a list.
    values: Box<[Scalar]>,
}

impl Pick {
    fn offer(&mut self, values: &[Value<'_>], keys: &[Value<'_>]) {
        let order = |a: Value<'_>, b: Value<'_>| total_order(a, b, self.key);
        let key = keys
            .iter()
            .copied()
            .reduce(|best, key| if order(key, best) == self.better { key } else { best });
        let better = self.best.as_ref().is_none_or(|best| match (key, &best.key) {
            (Some(key), Some(best)) => order(key, best.get()) == self.better,
            (key, best) => key.is_some() && best.is_none(),
        });
        if better {
            let values = values.iter().copied().map(Value::to_owned).collect();
            self.best = Some(Best { key: key.map(Value::to_owned), values });
        }
    }

    fn push(&self, into: &mut Builder) {
        let values = self.best.as_ref().map(|best| &best.values);
        let values: Vec<Value<'_>> = values.into_iter().flatten().map(Scalar::get).collect();
        into.push(&values);
    }
}

impl Accumulate for Pick {
    /// The values, the key, and whether there was a row at all.
    fn parts(&self) -> Vec<DataType> {
        vec![self.value, self.key, DataType::Boolean]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.offer(row.list(0), row.list(1));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.push(&mut parts[0]);
        let key = self.best.as_ref().and_then(|best| best.key.as_ref()).map(Scalar::get);
        parts[1].push(key.as_slice());
        parts[2].push(&[Value::Boolean(self.best.is_some())]);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        if state.first(2) == Some(Value::Boolean(true)) {
            self.offer(state.list(0), state.list(1));
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        self.push(into);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.best.as_ref().map_or(0, |best| {
            let text: usize = best.values.iter().map(text_bytes).sum();
            size_of_val(&*best.values) + text + best.key.as_ref().map_or(0, text_bytes)
        })
    }
}
