//! The least or the greatest value, for `MIN` and `MAX`.

use std::cmp::Ordering;

use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::Expr;

use super::accumulate::{Accumulate, Row};
use super::ranking::total_order;
use super::{Aggregate, AggregateCall};
use crate::block::Builder;
use crate::types::DataType;
use crate::value::{Scalar, Value};
use crate::warnings::Failure;

/// `MIN` for [`Ordering::Less`], `MAX` for [`Ordering::Greater`].
pub(super) fn plan(call: &AggregateCall<'_>, aggregate: &Aggregate, better: Ordering) -> Expr {
    let ty = call.ty(0);
    match call.single(0).filter(|_| has_the_order_of_arrow(ty)) {
        Some(column) if better == Ordering::Less => call.native(min_udaf(), vec![column]),
        Some(column) => call.native(max_udaf(), vec![column]),
        None => call.own(aggregate, Extreme { ty, better, best: None }, &[0]),
    }
}

fn has_the_order_of_arrow(ty: DataType) -> bool {
    ty.is_number() || ty.is_text() || ty.is_date()
}

#[derive(Debug, Clone)]
struct Extreme {
    ty: DataType,
    better: Ordering,
    best: Option<Scalar>,
}

impl Extreme {
    fn offer(&mut self, values: &[Value<'_>]) {
        for value in values.iter().copied() {
            let better = |best: &Scalar| total_order(value, best.get(), self.ty) == self.better;
            if self.best.as_ref().is_none_or(better) {
                self.best = Some(value.to_owned());
            }
        }
    }
}

impl Accumulate for Extreme {
    fn parts(&self) -> Vec<DataType> {
        vec![self.ty]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.offer(row.list(0));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        push(self.best.as_ref(), &mut parts[0]);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.offer(state.list(0));
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        push(self.best.as_ref(), into);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.best.as_ref().map_or(0, text_bytes)
    }
}

fn push(best: Option<&Scalar>, into: &mut Builder) {
    match best {
        Some(best) => into.push(&[best.get()]),
        None => into.push(&[]),
    }
}

/// The bytes that a value owns beyond itself.
pub(super) fn text_bytes(value: &Scalar) -> usize {
    match value {
        Scalar::Text(text) => text.len(),
        _ => 0,
    }
}
