//! Sums that do not depend on the order of the rows: whole numbers exactly, floats with their lost digits kept beside.
//!
//! Partitions come in any order, and plain sums of floats would differ in the last digits from run to run.

use super::accumulate::Row;
use crate::block::Builder;
use crate::types::DataType;
use crate::value::Value;

/// The sum and the count of all values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    /// The sum of the whole numbers. 128 bits hold the sum of as many longs as memory can ever hold.
    pub(super) whole: i128,
    /// The sum of the floats.
    pub(super) floats: Compensated,
    /// How many there were.
    pub(super) count: i64,
}

/// A sum of floats that remembers what rounding took from it (Neumaier's variant of Kahan's summation).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Compensated {
    sum: f64,
    lost: f64,
}

impl Total {
    /// The parts of a state.
    pub(super) const PARTS: [DataType; 2] = [DataType::Long, DataType::Double];

    pub(super) fn add(&mut self, values: &[Value<'_>]) {
        for value in values {
            match (value, value.as_i64(), value.as_f64()) {
                (Value::Double(number), ..) => self.floats.add(*number),
                (_, Some(number), _) => self.whole += i128::from(number),
                (_, None, Some(number)) => self.floats.add(number),
                (_, None, None) => continue,
            }
            self.count += 1;
        }
    }

    pub(super) fn save(&self, parts: &mut [Builder]) {
        let (high, low) = ((self.whole >> 64) as i64, self.whole as i64);
        parts[0].push(&[Value::Long(high), Value::Long(low), Value::Long(self.count)]);
        parts[1].push(&self.floats.values());
    }

    pub(super) fn merge(&mut self, state: Row<'_, '_>) {
        if let [Value::Long(high), Value::Long(low), Value::Long(count)] = *state.list(0) {
            self.whole += (i128::from(high) << 64) | i128::from(low.cast_unsigned());
            self.count += count;
        }
        self.floats.merge(state.list(1));
    }

    /// The sum as a float, rounded once.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum of whole numbers is rounded once, to a double"
    )]
    pub(super) fn as_f64(&self) -> f64 {
        self.whole as f64 + self.floats.get()
    }
}

impl Compensated {
    pub(super) fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        // Beyond the finite numbers nothing is lost that could be given back.
        if sum.is_finite() {
            self.lost += if self.sum.abs() < number.abs() {
                (number - sum) + self.sum
            } else {
                (self.sum - sum) + number
            };
        }
        self.sum = sum;
    }

    pub(super) fn get(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }

    /// The list that [`Compensated::merge`] takes.
    pub(super) fn values(self) -> [Value<'static>; 2] {
        [Value::Double(self.sum), Value::Double(self.lost)]
    }

    pub(super) fn merge(&mut self, state: &[Value<'_>]) {
        if let [Value::Double(sum), Value::Double(lost)] = *state {
            self.add(sum);
            self.add(lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_great_ones() {
        let sum = |numbers: &[f64]| {
            let mut sum = Compensated::default();
            numbers.iter().for_each(|number| sum.add(*number));
            sum.get()
        };
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(sum(&[0.1; 10]).to_bits(), 1.0_f64.to_bits());
        assert_eq!(sum(&[1e308, 1e308, 1.0]).to_bits(), f64::INFINITY.to_bits());
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }
}
