//! Lists of values: their order, their smallest and greatest, their distinct values.
//!
//! The functions of multi-values are made of these.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::net::Ipv6Addr;

use brokerwatch_expr::Diagnostic;

use super::{Body, Call, ListBody};
use crate::codes;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// The smallest value of a list.
pub(crate) fn min_of(ty: DataType) -> Body {
    first_by(move |a, b| order(a, b, ty))
}

/// The greatest value of a list.
pub(crate) fn max_of(ty: DataType) -> Body {
    first_by(move |a, b| order(b, a, ty))
}

/// The values of a list without repetitions, as they came first.
pub(crate) fn distinct() -> Body {
    body(|args, _, out| {
        out.extend(unique(args[0]));
        Ok(())
    })
}

/// The place of each value of a list, from 0.
pub(crate) fn positions() -> Body {
    body(|args, _, out| {
        let places = (0..args[0].len()).filter_map(|at| i32::try_from(at).ok());
        out.extend(places.map(Value::Integer));
        Ok(())
    })
}

fn body<F>(body: F) -> Body
where
    F: for<'v> Fn(
            &[&[Value<'v>]],
            &'v crate::value::Arena,
            &mut Vec<Value<'v>>,
        ) -> Result<(), Failure>
        + Send
        + Sync
        + 'static,
{
    let body: ListBody = Box::new(body);
    Body::Lists(body)
}

fn first_by(order: impl Fn(&Value<'_>, &Value<'_>) -> Ordering + Send + Sync + 'static) -> Body {
    body(move |args, _, out| {
        out.extend(args[0].iter().copied().min_by(|a, b| order(a, b)));
        Ok(())
    })
}

/// The order of two values of type `ty`, total even for `NaN`, which is greater than every number as in Java.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>, ty: DataType) -> Ordering {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => {
            a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
        }
        _ => a.compare(b, ty).unwrap_or(Ordering::Equal),
    }
}

/// A value as a member of a set. Numbers of all types are the same where they are equal, and so are moments.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key<'v> {
    Boolean(bool),
    Whole(i128),
    /// The bits of a number that is not whole.
    Double(u64),
    Text(&'v str),
    Ip(Ipv6Addr),
    /// In nanoseconds.
    Moment(i128),
    Point(u64, u64),
    Period(i64, i64),
    Duration(i64),
}

impl<'v> Key<'v> {
    /// The member that a value is.
    pub(crate) fn of(value: Value<'v>) -> Key<'v> {
        match value {
            Value::Boolean(flag) => Key::Boolean(flag),
            Value::Integer(number) => Key::Whole(number.into()),
            Value::Long(number) => Key::Whole(number.into()),
            Value::Unsigned(number) => Key::Whole(number.into()),
            // Any whole double below 2^127 is exact; what is greater equals no whole number of a column.
            Value::Double(number) if number.fract() == 0.0 && number.abs() < 1e38 => {
                Key::Whole(number as i128)
            }
            Value::Double(number) => Key::Double(number.to_bits()),
            Value::Text(text) => Key::Text(text),
            Value::Ip(address) => Key::Ip(address),
            Value::Date(millis) => Key::Moment(i128::from(millis) * 1_000_000),
            Value::DateNanos(nanos) => Key::Moment(nanos.into()),
            Value::Point { lon, lat } => Key::Point(lon.to_bits(), lat.to_bits()),
            Value::Period { months, days } => Key::Period(months, days),
            Value::Duration(millis) => Key::Duration(millis),
        }
    }
}

/// The members of a list.
pub(crate) fn members<'v>(values: &[Value<'v>]) -> HashSet<Key<'v>> {
    values.iter().map(|value| Key::of(*value)).collect()
}

/// The values without repetitions, as they came first.
pub(crate) fn unique<'v>(values: &[Value<'v>]) -> impl Iterator<Item = Value<'v>> {
    let mut seen = HashSet::new();
    values.iter().copied().filter(move |value| seen.insert(Key::of(*value)))
}

/// Refuses two lists whose values are never equal because of their types.
pub(crate) fn same_kind(call: &Call<'_>) -> Result<(), Diagnostic> {
    let [a, b, ..] = call.args else { return Ok(()) };
    if a.ty.common(b.ty).is_some() {
        return Ok(());
    }
    let message = format!(
        "values of type {} are never equal to values of type {}",
        a.ty.error_name(),
        b.ty.error_name()
    );
    Err(Diagnostic::error(codes::TYPE, a.span.to(b.span), message)
        .help("convert one of them with a `TO_...` function or `::type`"))
}

/// The sum of doubles, with the error of each addition carried along (Kahan), so that it does not depend on the order
/// of the values.
pub(crate) fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut error) = (0.0_f64, 0.0_f64);
    for number in numbers {
        if !number.is_finite() {
            sum += number;
        } else if sum.is_finite() {
            let corrected = number + error;
            let next = sum + corrected;
            error = corrected - (next - sum);
            sum = next;
        }
    }
    sum
}

/// A result that has to be a number.
pub(crate) fn finite<'v>(number: f64) -> Result<Value<'v>, Failure> {
    if number.is_finite() {
        return Ok(Value::Double(number));
    }
    let text = brokerwatch_ecs::number::java_double(number);
    Err(Failure::arithmetic(format!("not a finite double number: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Arena;

    fn run(body: &Body, values: &[Value<'_>]) -> Result<Vec<String>, Failure> {
        let Body::Lists(body) = body else { panic!("a body over lists") };
        let (arena, mut out) = (Arena::default(), Vec::new());
        body(&[values], &arena, &mut out)?;
        Ok(out.iter().map(|value| format!("{value:?}")).collect())
    }

    #[test]
    fn ends_of_lists() {
        let versions = ["1.10.0", "1.9.0"].map(Value::Text);
        for (ty, least, greatest) in [
            (DataType::Version, "Text(\"1.9.0\")", "Text(\"1.10.0\")"),
            (DataType::Keyword, "Text(\"1.10.0\")", "Text(\"1.9.0\")"),
        ] {
            assert_eq!(run(&min_of(ty), &versions).unwrap(), [least]);
            assert_eq!(run(&max_of(ty), &versions).unwrap(), [greatest]);
        }
        assert_eq!(run(&min_of(DataType::Long), &[]).unwrap(), Vec::<String>::new());
        let doubles = [f64::NAN, -1.0, f64::INFINITY].map(Value::Double);
        assert_eq!(run(&min_of(DataType::Double), &doubles).unwrap(), ["Double(-1.0)"]);
        assert_eq!(run(&max_of(DataType::Double), &doubles).unwrap(), ["Double(NaN)"]);
    }

    #[test]
    fn distinct_values_stay_as_they_came_first() {
        let values = [2, 1, 2, 1, 3].map(Value::Long);
        assert_eq!(run(&distinct(), &values).unwrap(), ["Long(2)", "Long(1)", "Long(3)"]);
    }

    #[test]
    fn members_are_equal_as_values_are() {
        for (a, b, same) in [
            (Value::Integer(1), Value::Double(1.0), true),
            (Value::Double(0.0), Value::Double(-0.0), true),
            (Value::Long(i64::MAX), Value::Double(9_223_372_036_854_775_808.0), false),
            (Value::Unsigned(u64::MAX), Value::Long(-1), false),
            (Value::Date(1), Value::DateNanos(1_000_000), true),
            (Value::Date(1), Value::Long(1_000_000), false),
            (Value::Text("1"), Value::Integer(1), false),
        ] {
            assert_eq!(Key::of(a) == Key::of(b), same, "{a:?} {b:?}");
        }
    }

    #[test]
    fn sums_do_not_lose_small_numbers() {
        let tenths = std::iter::repeat_n(0.1, 10);
        assert!((sum(tenths) - 1.0).abs() < f64::EPSILON);
        assert!(sum([f64::INFINITY, 1.0].into_iter()).is_infinite());
        assert_eq!(finite(f64::NAN).unwrap_err().message, "not a finite double number: NaN");
    }
}
