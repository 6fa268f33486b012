//! What the functions of numbers share: doubles that stay finite, Java's way of rounding, and the shape of a function of
//! one number.

use brokerwatch_ecs::number::java_double;
use brokerwatch_expr::Diagnostic;

use super::{Body, single};
use crate::types::{DataType, Types};
use crate::value::Value;
use crate::warnings::Failure;

/// What has an order that `GREATEST`, `LEAST` and the `CLAMP` family go by.
pub(super) const ORDERED: Types = Types::of(&[
    DataType::Boolean,
    DataType::Integer,
    DataType::Long,
    DataType::UnsignedLong,
    DataType::Double,
    DataType::Keyword,
    DataType::Text,
    DataType::Ip,
    DataType::Version,
    DataType::Date,
    DataType::DateNanos,
]);

/// A double as a result: columns hold no infinity and no `NaN`.
pub(super) fn finite(number: f64) -> Result<Option<Value<'static>>, Failure> {
    if number.is_finite() {
        return Ok(Some(Value::Double(number)));
    }
    Err(Failure::arithmetic(format!("not a finite double number: {}", java_double(number))))
}

/// A function of one number that gives a double.
pub(super) fn of_double(function: fn(f64) -> f64) -> Result<Body, Diagnostic> {
    single(move |args, _| match args[0].as_f64() {
        Some(number) => finite(function(number)),
        None => Ok(None),
    })
}

/// The same for a function that is defined for some numbers only. `NaN` is outside of every range.
pub(super) fn of_double_within(
    within: fn(f64) -> bool,
    outside: &'static str,
    function: fn(f64) -> f64,
) -> Result<Body, Diagnostic> {
    single(move |args, _| match args[0].as_f64() {
        Some(number) if within(number) => finite(function(number)),
        Some(_) => Err(Failure::arithmetic(outside)),
        None => Ok(None),
    })
}

/// The same for a function that outgrows the doubles.
pub(super) fn of_double_below(
    beyond: &'static str,
    function: fn(f64) -> f64,
) -> Result<Body, Diagnostic> {
    single(move |args, _| match args[0].as_f64().map(function) {
        Some(number) if number.is_finite() => Ok(Some(Value::Double(number))),
        Some(_) => Err(Failure::arithmetic(beyond)),
        None => Ok(None),
    })
}

/// The nearest whole number, the greater of two as near (Java's `Math.round`). Beyond the longs it is the last of them,
/// and for `NaN` it is 0.
pub(super) fn round_half_up(number: f64) -> i64 {
    // The difference is exact, which `number + 0.5` would not be.
    let floor = number.floor();
    (floor as i64).saturating_add(i64::from(0.5 <= number - floor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_up_on_both_sides_of_zero() {
        for (number, expected) in [
            (0.5, 1),
            (-0.5, 0),
            (-1.5, -1),
            (1.5, 2),
            (0.499_999_999_999_999_94, 0),
            (4_503_599_627_370_497.5, 4_503_599_627_370_498),
            (9_007_199_254_740_993.0, 9_007_199_254_740_992),
            (1e300, i64::MAX),
            (f64::NEG_INFINITY, i64::MIN),
            (f64::NAN, 0),
        ] {
            assert_eq!(round_half_up(number), expected, "{number}");
        }
    }
}
