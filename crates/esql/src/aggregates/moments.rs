//! How far the values are from their mean, for `VARIANCE` and `STD_DEV`: one pass (Welford, 1962), and parts put
//! together (Chan, Golub and `LeVeque`, 1983).

use super::accumulate::{Accumulate, Row};
use crate::block::Builder;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

#[derive(Debug, Clone)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    /// The sum of the squared distances from the mean.
    squares: f64,
    /// What becomes of the variance at the end.
    result: fn(f64) -> f64,
}

impl Moments {
    pub(super) fn new(result: fn(f64) -> f64) -> Moments {
        Moments { count: 0.0, mean: 0.0, squares: 0.0, result }
    }

    fn add(&mut self, number: f64) {
        self.count += 1.0;
        let distance = number - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (number - self.mean);
    }

    fn add_part(&mut self, count: f64, mean: f64, squares: f64) {
        let both = self.count + count;
        if count == 0.0 || both == 0.0 {
            return;
        }
        let distance = mean - self.mean;
        self.mean += distance * count / both;
        self.squares += squares + distance * distance * self.count * count / both;
        self.count = both;
    }
}

impl Accumulate for Moments {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Double]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        row.list(0).iter().filter_map(Value::as_f64).for_each(|number| self.add(number));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        parts[0].push(&[self.count, self.mean, self.squares].map(Value::Double));
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        if let [Value::Double(count), Value::Double(mean), Value::Double(squares)] = *state.list(0)
        {
            self.add_part(count, mean, squares);
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        let some = 0.0 < self.count;
        let result = some.then(|| Value::Double((self.result)(self.squares / self.count)));
        into.push(result.as_slice());
        Ok(())
    }
}
