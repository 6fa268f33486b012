//! `WEIGHTED_AVG`: the mean of the values, some of which count for more.

use super::accumulate::{Accumulate, Row};
use super::total::Compensated;
use super::{Aggregate, Gives, NUMERIC};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "WEIGHTED_AVG",
    aliases: &[],
    doc: "The sum of each value times its weight, divided by the sum of all weights. A list in a row of either adds \
          nothing to the first sum, with a warning; a weight without a value still counts in the second, as in \
          Elasticsearch.",
    params: &[param("number", NUMERIC), param("weight", NUMERIC)],
    returns: Returns::Always(DataType::Double),
    gives: Gives::One,
    examples: &[
        Example { query: "ROW a = 3, w = 2 | STATS m = WEIGHTED_AVG(a, w)", result: "3.0" },
        Example { query: "ROW a = 3, w = 0 | STATS m = WEIGHTED_AVG(a, w)", result: "null" },
        Example { query: "ROW a = 3, w = null | STATS m = WEIGHTED_AVG(a, w)", result: "null" },
    ],
    plan: |call| Ok(call.own(&AGGREGATE, WeightedMean::default(), &[0, 1])),
};

#[derive(Debug, Clone, Default)]
struct WeightedMean {
    /// None until a row has both.
    products: Option<Compensated>,
    /// None until a row has a weight.
    weights: Option<Compensated>,
}

impl Accumulate for WeightedMean {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Double, DataType::Double]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        for weight in row.list(1).iter().filter_map(Value::as_f64) {
            self.weights.get_or_insert_default().add(weight);
        }
        match (row.list(0), row.list(1)) {
            ([], _) | (_, []) => {}
            ([value], [weight]) => {
                if let (Some(value), Some(weight)) = (value.as_f64(), weight.as_f64()) {
                    self.products.get_or_insert_default().add(value * weight);
                }
            }
            _ => return Err(Failure::several()),
        }
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        for (part, sum) in parts.iter_mut().zip([self.products, self.weights]) {
            match sum {
                Some(sum) => part.push(&sum.values()),
                None => part.push(&[]),
            }
        }
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        for (at, sum) in [&mut self.products, &mut self.weights].into_iter().enumerate() {
            if !state.list(at).is_empty() {
                sum.get_or_insert_default().merge(state.list(at));
            }
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        let (Some(products), Some(weights)) = (self.products, self.weights) else {
            into.push(&[]);
            return Ok(());
        };
        let weights = weights.get();
        if weights == 0.0 {
            return Err(Failure::arithmetic("/ by zero"));
        }
        into.push(&[Value::Double(products.get() / weights)]);
        Ok(())
    }
}
