//! The operators: arithmetic as Java computes it, comparisons, and what moves a moment by a span of time.
//!
//! Both operands are of one type already. Nothing here is found by name.

use std::cmp::Ordering;

use brokerwatch_ecs::number::java_double;
use brokerwatch_expr::Arithmetic;
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, new_null_array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{
    DataType as ArrowType, Float64Type, Int32Type, Int64Type, UInt64Type,
};
use datafusion::common::{Result as DfResult, internal_err};

use super::Body;
use super::calendar::{Civil, MILLI_NANOS, epoch_day, month_days};
use super::date_pattern::Zone;
use crate::ast::Comparison;
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// `left op right` of two numbers of type `ty`.
pub(crate) fn arithmetic(op: Arithmetic, ty: DataType) -> Body {
    match ty {
        DataType::Integer => of_numbers::<i32>(op),
        DataType::Long => of_numbers::<i64>(op),
        DataType::UnsignedLong => of_numbers::<u64>(op),
        _ => of_numbers::<f64>(op),
    }
}

/// `-value` of a number or a span of time of type `ty`.
pub(crate) fn negate(ty: DataType) -> Body {
    let overflow = if ty == DataType::Integer { i32::OVERFLOW } else { i64::OVERFLOW };
    body(move |args, _| {
        let negated = match args[0] {
            Value::Integer(number) => number.checked_neg().map(Value::Integer),
            Value::Long(number) => number.checked_neg().map(Value::Long),
            Value::Double(number) => Some(Value::Double(-number)),
            other => negated(other),
        };
        negated.map(Some).ok_or_else(|| Failure::arithmetic(overflow))
    })
}

/// `left op right` of two values of type `ty`.
pub(crate) fn compare(op: Comparison, ty: DataType) -> Body {
    body(move |args, _| {
        let order = args[0].compare(&args[1], ty);
        Ok(order.map(|order| Value::Boolean(holds(op, order))))
    })
}

/// `moment + span`, `span + moment` or `span + span`. Days and months are those of the zone's calendar.
pub(crate) fn date_plus(zone: Zone) -> Body {
    body(move |args, _| match (args[0], args[1]) {
        (span, moment @ (Value::Date(_) | Value::DateNanos(_))) => {
            moved(moment, span, &zone).map(Some)
        }
        (left, right) => moved(left, right, &zone).map(Some),
    })
}

/// `moment - span` or `span - span`.
pub(crate) fn date_minus(zone: Zone) -> Body {
    body(move |args, _| {
        let back = negated(args[1]).ok_or_else(|| Failure::arithmetic(i64::OVERFLOW))?;
        moved(args[0], back, &zone).map(Some)
    })
}

fn body<F>(body: F) -> Body
where
    F: for<'v> Fn(&[Value<'v>], &'v Arena) -> Result<Option<Value<'v>>, Failure>
        + Send
        + Sync
        + 'static,
{
    Body::Single(Box::new(body))
}

fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// Numbers of one type with Java's arithmetic. `None` stands for what fails.
trait Number: Copy + Default + 'static {
    /// What is said of a result that the type does not hold.
    const OVERFLOW: &'static str;

    fn of(value: Value<'_>) -> Option<Self>;
    fn value(self) -> Value<'static>;
    fn add(self, other: Self) -> Option<Self>;
    fn subtract(self, other: Self) -> Option<Self>;
    fn multiply(self, other: Self) -> Option<Self>;
    fn divide(self, other: Self) -> Option<Self>;
    fn modulo(self, other: Self) -> Option<Self>;

    /// What is said of a sum, a difference or a product that the type does not hold.
    fn overflow(self, _: Arithmetic, _: Self) -> String {
        Self::OVERFLOW.to_owned()
    }
}

macro_rules! whole {
    ($type:ty, $variant:ident, $overflow:literal, $of:expr) => {
        impl Number for $type {
            const OVERFLOW: &'static str = $overflow;

            fn of(value: Value<'_>) -> Option<$type> {
                $of(value)
            }

            fn value(self) -> Value<'static> {
                Value::$variant(self)
            }

            fn add(self, other: $type) -> Option<$type> {
                self.checked_add(other)
            }

            fn subtract(self, other: $type) -> Option<$type> {
                self.checked_sub(other)
            }

            fn multiply(self, other: $type) -> Option<$type> {
                self.checked_mul(other)
            }

            // Java's smallest number divided by -1 is itself, without an error.
            fn divide(self, other: $type) -> Option<$type> {
                (other != 0).then(|| self.wrapping_div(other))
            }

            fn modulo(self, other: $type) -> Option<$type> {
                (other != 0).then(|| self.wrapping_rem(other))
            }
        }
    };
}

whole!(i32, Integer, "integer overflow", |value: Value<'_>| value.as_i64()?.try_into().ok());
whole!(i64, Long, "long overflow", |value: Value<'_>| value.as_i64());
whole!(u64, Unsigned, "unsigned_long overflow", |value: Value<'_>| match value {
    Value::Unsigned(number) => Some(number),
    other => other.as_i64()?.try_into().ok(),
});

impl Number for f64 {
    const OVERFLOW: &'static str = "not a finite double number: ";

    fn of(value: Value<'_>) -> Option<f64> {
        value.as_f64()
    }

    fn value(self) -> Value<'static> {
        Value::Double(self)
    }

    fn add(self, other: f64) -> Option<f64> {
        Some(self + other).filter(|sum| sum.is_finite())
    }

    fn subtract(self, other: f64) -> Option<f64> {
        Some(self - other).filter(|difference| difference.is_finite())
    }

    fn multiply(self, other: f64) -> Option<f64> {
        Some(self * other).filter(|product| product.is_finite())
    }

    fn divide(self, other: f64) -> Option<f64> {
        Some(self / other).filter(|quotient| quotient.is_finite())
    }

    fn modulo(self, other: f64) -> Option<f64> {
        Some(self % other).filter(|rest| rest.is_finite())
    }

    fn overflow(self, op: Arithmetic, other: f64) -> String {
        let result = match op {
            Arithmetic::Add => self + other,
            Arithmetic::Subtract => self - other,
            Arithmetic::Multiply => self * other,
            Arithmetic::Divide => self / other,
            Arithmetic::Modulo => self % other,
        };
        format!("{}{}", f64::OVERFLOW, java_double(result))
    }
}

/// Why two numbers have no result. Elasticsearch says so of every double quotient that is not finite.
fn failure<N: Number>(op: Arithmetic, left: N, right: N) -> Failure {
    match op {
        Arithmetic::Divide | Arithmetic::Modulo => Failure::arithmetic("/ by zero"),
        _ => Failure::arithmetic(left.overflow(op, right)),
    }
}

fn of_numbers<N: Number>(op: Arithmetic) -> Body {
    let function = match op {
        Arithmetic::Add => N::add,
        Arithmetic::Subtract => N::subtract,
        Arithmetic::Multiply => N::multiply,
        Arithmetic::Divide => N::divide,
        Arithmetic::Modulo => N::modulo,
    };
    body(move |args, _| {
        let (Some(left), Some(right)) = (N::of(args[0]), N::of(args[1])) else { return Ok(None) };
        function(left, right).map(N::value).map(Some).ok_or_else(|| failure(op, left, right))
    })
}

/// `left op right` row by row over columns of single numbers of type `ty`, without a call for each row. A column of one
/// row stands for that row in all. Rows that fail are null, and told to `fail`.
pub(crate) fn arithmetic_arrays(
    op: Arithmetic,
    ty: DataType,
    left: &ArrayRef,
    right: &ArrayRef,
    fail: &mut dyn FnMut(Failure),
) -> DfResult<ArrayRef> {
    match ty {
        DataType::Integer => columns::<Int32Type>(op, left, right, fail),
        DataType::Long => columns::<Int64Type>(op, left, right, fail),
        DataType::UnsignedLong => columns::<UInt64Type>(op, left, right, fail),
        DataType::Double => columns::<Float64Type>(op, left, right, fail),
        other => internal_err!("there is no arithmetic of {other}"),
    }
}

fn columns<T: ArrowPrimitiveType>(
    op: Arithmetic,
    left: &ArrayRef,
    right: &ArrayRef,
    fail: &mut dyn FnMut(Failure),
) -> DfResult<ArrayRef>
where
    T::Native: Number,
{
    let rows = if left.len() == 1 { right.len() } else { left.len() };
    if [left, right].into_iter().any(|column| column.data_type() == &ArrowType::Null) {
        return Ok(new_null_array(&T::DATA_TYPE, rows));
    }
    let (left, right) = (primitive::<T>(left)?, primitive::<T>(right)?);
    // Each operation is compiled into a loop of its own.
    match op {
        Arithmetic::Add => computed(op, left, right, T::Native::add, fail),
        Arithmetic::Subtract => computed(op, left, right, T::Native::subtract, fail),
        Arithmetic::Multiply => computed(op, left, right, T::Native::multiply, fail),
        Arithmetic::Divide => computed(op, left, right, T::Native::divide, fail),
        Arithmetic::Modulo => computed(op, left, right, T::Native::modulo, fail),
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &ArrayRef) -> DfResult<&PrimitiveArray<T>> {
    match array.as_any().downcast_ref() {
        Some(array) => Ok(array),
        None => internal_err!("{} is not computed with as {}", array.data_type(), T::DATA_TYPE),
    }
}

fn computed<T: ArrowPrimitiveType>(
    op: Arithmetic,
    left: &PrimitiveArray<T>,
    right: &PrimitiveArray<T>,
    function: impl Fn(T::Native, T::Native) -> Option<T::Native>,
    fail: &mut dyn FnMut(Failure),
) -> DfResult<ArrayRef>
where
    T::Native: Number,
{
    let mut failed = Vec::new();
    let mut at = 0;
    let mut compute = |left, right| {
        let result = function(left, right).unwrap_or_else(|| {
            failed.push(at);
            T::Native::default()
        });
        at += 1;
        result
    };
    let (values, nulls): (Vec<T::Native>, _) = match (left.len(), right.len()) {
        (rows, other) if rows == other => (
            left.values().iter().zip(right.values()).map(|(a, b)| compute(*a, *b)).collect(),
            NullBuffer::union(left.nulls(), right.nulls()),
        ),
        (rows, 1) if right.is_null(0) => return Ok(new_null_array(&T::DATA_TYPE, rows)),
        (1, rows) if left.is_null(0) => return Ok(new_null_array(&T::DATA_TYPE, rows)),
        (_, 1) => {
            let b = right.value(0);
            (left.values().iter().map(|a| compute(*a, b)).collect(), left.nulls().cloned())
        }
        (1, _) => {
            let a = left.value(0);
            (right.values().iter().map(|b| compute(a, *b)).collect(), right.nulls().cloned())
        }
        (rows, other) => return internal_err!("{rows} rows meet {other}"),
    };
    // What lies under a null is computed too, and its failure is none.
    failed.retain(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)));
    let of = |array: &PrimitiveArray<T>, row| array.value(if array.len() == 1 { 0 } else { row });
    for row in &failed {
        fail(failure(op, of(left, *row), of(right, *row)));
    }
    let nulls =
        if failed.is_empty() { nulls } else { without(nulls.as_ref(), &failed, values.len()) };
    Ok(std::sync::Arc::new(PrimitiveArray::<T>::try_new(values.into(), nulls)?))
}

/// The rows that have a value, without those that failed.
fn without(nulls: Option<&NullBuffer>, failed: &[usize], rows: usize) -> Option<NullBuffer> {
    let mut valid = vec![true; rows];
    for row in failed {
        valid[*row] = false;
    }
    NullBuffer::union(nulls, Some(&NullBuffer::from(valid)))
}

fn negated(span: Value<'_>) -> Option<Value<'static>> {
    match span {
        Value::Period { months, days } => {
            Some(Value::Period { months: months.checked_neg()?, days: days.checked_neg()? })
        }
        Value::Duration(millis) => millis.checked_neg().map(Value::Duration),
        _ => None,
    }
}

/// A moment or a span of time, moved by a span.
fn moved(from: Value<'_>, by: Value<'_>, zone: &Zone) -> Result<Value<'static>, Failure> {
    let overflow = || Failure::arithmetic(i64::OVERFLOW);
    match (from, by) {
        (Value::Date(from), Value::Duration(by)) => {
            from.checked_add(by).map(Value::Date).ok_or_else(overflow)
        }
        (Value::Date(_), Value::Period { months, days }) => {
            let moved = calendar_moved(from, months, days, zone)?;
            let millis = i64::try_from(moved.div_euclid(i128::from(MILLI_NANOS)));
            millis.map(Value::Date).map_err(|_| overflow())
        }
        (Value::DateNanos(nanos), Value::Duration(by)) => {
            nanos_within(i128::from(nanos) + i128::from(by) * 1_000_000)
        }
        (Value::DateNanos(_), Value::Period { months, days }) => {
            nanos_within(calendar_moved(from, months, days, zone)?)
        }
        (Value::Duration(from), Value::Duration(by)) => {
            from.checked_add(by).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Period { months, days }, Value::Period { months: m, days: d }) => {
            let sum = months.checked_add(m).zip(days.checked_add(d));
            sum.map(|(months, days)| Value::Period { months, days }).ok_or_else(overflow)
        }
        // The analyser lets nothing else meet.
        _ => Err(overflow()),
    }
}

/// A moment moved by months and days of the zone's calendar, in nanoseconds since the epoch.
fn calendar_moved(from: Value<'_>, months: i64, days: i64, zone: &Zone) -> Result<i128, Failure> {
    let overflow = || Failure::arithmetic(i64::OVERFLOW);
    let civil = zone.civil(from).ok_or_else(overflow)?;
    let day = day_moved(civil, months, days)?;
    zone.moment(day, civil.nano_of_day).ok_or_else(overflow)
}

fn nanos_within(nanos: i128) -> Result<Value<'static>, Failure> {
    let nanos = i64::try_from(nanos).ok().filter(|nanos| 0 <= *nanos);
    nanos.map(Value::DateNanos).ok_or_else(|| {
        date_time(
            "Date nanos out of range.  Must be between 1970-01-01T00:00:00Z and 2262-04-11T23:47:16.854775807"
                .to_owned(),
        )
    })
}

/// A date moved by months and then by days, as a day since the epoch. A day that its new month does not have becomes the
/// month's last.
fn day_moved(from: Civil, months: i64, days: i64) -> Result<i64, Failure> {
    // Java's bounds for dates.
    const YEAR_MAX: i128 = 999_999_999;
    const DAY_MIN: i128 = -365_243_219_162;
    const DAY_MAX: i128 = 365_241_780_471;
    let months = i128::from(from.year) * 12 + i128::from(from.month - 1) + i128::from(months);
    let year = months.div_euclid(12);
    if year < -YEAR_MAX || YEAR_MAX < year {
        return Err(date_time(format!(
            "Invalid value for Year (valid values -{YEAR_MAX} - {YEAR_MAX}): {year}"
        )));
    }
    let (year, month) = (year as i64, months.rem_euclid(12) as i64 + 1);
    let day = epoch_day(year, month, from.day.min(month_days(year, month)));
    let day = i128::from(day) + i128::from(days);
    if day < DAY_MIN || DAY_MAX < day {
        return Err(date_time(format!(
            "Invalid value for EpochDay (valid values {DAY_MIN} - {DAY_MAX}): {day}"
        )));
    }
    Ok(day as i64)
}

fn date_time(message: String) -> Failure {
    Failure { class: "java.time.DateTimeException", message }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float64Array, Int32Array, Int64Array, UInt64Array};

    use super::*;

    fn apply(
        body: &Body,
        left: Value<'static>,
        right: Value<'static>,
    ) -> Result<Option<String>, String> {
        let Body::Single(body) = body else { panic!("operators take single values") };
        let arena = Arena::default();
        let result = body(&[left, right], &arena);
        result
            .map(|value| value.map(|value| format!("{value:?}")))
            .map_err(|failure| failure.message)
    }

    #[track_caller]
    fn check(
        body: &Body,
        left: Value<'static>,
        right: Value<'static>,
        expected: Result<Value<'_>, &str>,
    ) {
        let expected = expected.map(|value| Some(format!("{value:?}"))).map_err(str::to_owned);
        assert_eq!(apply(body, left, right), expected, "{left:?} {right:?}");
    }

    #[test]
    fn arithmetic_is_java_s() {
        use Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
        use Value::{Double, Integer, Long, Unsigned};
        for (op, ty, left, right, expected) in [
            (Add, DataType::Integer, Integer(1), Integer(2), Ok(Integer(3))),
            (Add, DataType::Integer, Integer(i32::MAX), Integer(1), Err("integer overflow")),
            (Multiply, DataType::Long, Long(i64::MIN), Long(-1), Err("long overflow")),
            (
                Subtract,
                DataType::UnsignedLong,
                Unsigned(1),
                Unsigned(2),
                Err("unsigned_long overflow"),
            ),
            (Divide, DataType::Integer, Integer(-7), Integer(2), Ok(Integer(-3))),
            (Divide, DataType::Integer, Integer(i32::MIN), Integer(-1), Ok(Integer(i32::MIN))),
            (Modulo, DataType::Long, Long(-7), Long(2), Ok(Long(-1))),
            (Modulo, DataType::Long, Long(7), Long(0), Err("/ by zero")),
            (
                Divide,
                DataType::UnsignedLong,
                Unsigned(u64::MAX),
                Unsigned(2),
                Ok(Unsigned(u64::MAX / 2)),
            ),
            (Divide, DataType::Double, Double(1.0), Double(0.0), Err("/ by zero")),
            (Divide, DataType::Double, Double(7.0), Double(2.0), Ok(Double(3.5))),
            (
                Add,
                DataType::Double,
                Double(f64::MAX),
                Double(f64::MAX),
                Err("not a finite double number: Infinity"),
            ),
            (
                Multiply,
                DataType::Double,
                Double(f64::MAX),
                Double(-2.0),
                Err("not a finite double number: -Infinity"),
            ),
        ] {
            check(&arithmetic(op, ty), left, right, expected);
        }
    }

    #[test]
    fn negation_knows_the_smallest_numbers_and_spans() {
        let zero = Value::Integer(0);
        for (ty, value, expected) in [
            (DataType::Integer, Value::Integer(5), Ok(Value::Integer(-5))),
            (DataType::Integer, Value::Integer(i32::MIN), Err("integer overflow")),
            (DataType::Long, Value::Long(i64::MIN), Err("long overflow")),
            (DataType::Double, Value::Double(0.0), Ok(Value::Double(-0.0))),
            (DataType::TimeDuration, Value::Duration(7), Ok(Value::Duration(-7))),
            (
                DataType::DatePeriod,
                Value::Period { months: 1, days: -2 },
                Ok(Value::Period { months: -1, days: 2 }),
            ),
        ] {
            check(&negate(ty), value, zero, expected);
        }
    }

    #[test]
    fn comparisons_go_by_the_order_of_the_type() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        for (op, ty, left, right, expected) in [
            (Less, DataType::Keyword, Value::Text("1.10"), Value::Text("1.9"), true),
            (Less, DataType::Version, Value::Text("1.10"), Value::Text("1.9"), false),
            (Equal, DataType::Double, Value::Double(0.0), Value::Double(-0.0), true),
            (NotEqual, DataType::Boolean, Value::Boolean(true), Value::Boolean(false), true),
            (Greater, DataType::DateNanos, Value::DateNanos(1), Value::Date(0), true),
            (
                GreaterOrEqual,
                DataType::UnsignedLong,
                Value::Unsigned(u64::MAX),
                Value::Long(-1),
                true,
            ),
            (
                LessOrEqual,
                DataType::UnsignedLong,
                Value::Unsigned(u64::MAX),
                Value::Double(1e30),
                true,
            ),
            (
                Greater,
                DataType::UnsignedLong,
                Value::Double(-0.5),
                Value::Unsigned(u64::MAX),
                false,
            ),
        ] {
            check(&compare(op, ty), left, right, Ok(Value::Boolean(expected)));
        }
    }

    #[test]
    fn moments_move_by_the_calendar_and_by_the_clock() {
        let years = |years: i64| Value::Period { months: years * 12, days: 0 };
        let day = 86_400_000;
        for (from, by, expected) in [
            // From 31 January 1970, one month on is 28 February.
            (
                Value::Date(30 * day + 5),
                Value::Period { months: 1, days: 0 },
                Ok(Value::Date(58 * day + 5)),
            ),
            (Value::Date(-1), Value::Period { months: 0, days: 1 }, Ok(Value::Date(day - 1))),
            (Value::Duration(day), Value::Date(-1), Ok(Value::Date(day - 1))),
            (Value::Date(i64::MAX), Value::Duration(1), Err("long overflow")),
            (Value::Date(i64::MAX), Value::Period { months: 0, days: 1 }, Err("long overflow")),
            (
                Value::Date(0),
                years(2_147_483_647),
                Err("Invalid value for Year (valid values -999999999 - 999999999): 2147485617"),
            ),
            (
                Value::Date(0),
                Value::Period { months: 0, days: i64::MAX },
                Err(
                    "Invalid value for EpochDay (valid values -365243219162 - 365241780471): 9223372036854775807",
                ),
            ),
            (
                Value::DateNanos(7),
                Value::Period { months: 0, days: 1 },
                Ok(Value::DateNanos(86_400_000_000_007)),
            ),
            (
                Value::DateNanos(7),
                years(300),
                Err(
                    "Date nanos out of range.  Must be between 1970-01-01T00:00:00Z and 2262-04-11T23:47:16.854775807",
                ),
            ),
            (Value::Duration(1), Value::Duration(2), Ok(Value::Duration(3))),
            (Value::Duration(i64::MAX), Value::Duration(2), Err("long overflow")),
            (
                years(1),
                Value::Period { months: 1, days: 2 },
                Ok(Value::Period { months: 13, days: 2 }),
            ),
        ] {
            check(&date_plus(Zone::UTC), from, by, expected);
        }
        check(&date_minus(Zone::UTC), Value::Date(0), years(-1), Ok(Value::Date(365 * day)));
        check(
            &date_minus(Zone::UTC),
            Value::DateNanos(7),
            Value::Duration(1),
            Err(
                "Date nanos out of range.  Must be between 1970-01-01T00:00:00Z and 2262-04-11T23:47:16.854775807",
            ),
        );
    }

    /// The rows of a column, and what was told of those that failed.
    fn over(
        op: Arithmetic,
        ty: DataType,
        left: &ArrayRef,
        right: &ArrayRef,
    ) -> (ArrayRef, Vec<String>) {
        let mut failures = Vec::new();
        let result =
            arithmetic_arrays(op, ty, left, right, &mut |failure| failures.push(failure.message));
        (result.unwrap(), failures)
    }

    #[test]
    fn columns_compute_as_rows_do() {
        let numbers = [Some(i64::MAX), Some(-7), None, Some(0), Some(3), Some(i64::MIN)];
        let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        for op in [
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
            Arithmetic::Modulo,
        ] {
            for other in numbers {
                let one: ArrayRef = Arc::new(Int64Array::from(vec![other]));
                let all: ArrayRef = Arc::new(Int64Array::from(vec![other; numbers.len()]));
                let by_row: Vec<Result<Option<String>, String>> = numbers
                    .iter()
                    .map(|number| match (number, other) {
                        (Some(a), Some(b)) => {
                            apply(&arithmetic(op, DataType::Long), Value::Long(*a), Value::Long(b))
                        }
                        _ => Ok(None),
                    })
                    .collect();
                let failed: Vec<String> =
                    by_row.iter().filter_map(|row| row.clone().err()).collect();
                for right in [&one, &all] {
                    let (result, failures) = over(op, DataType::Long, &column, right);
                    let result = primitive::<Int64Type>(&result).unwrap();
                    let rows: Vec<Option<String>> = result
                        .iter()
                        .map(|row| row.map(|row| format!("{:?}", Value::Long(row))))
                        .collect();
                    assert_eq!(
                        rows,
                        by_row.iter().map(|row| row.clone().ok().flatten()).collect::<Vec<_>>()
                    );
                    assert_eq!(failures, failed);
                }
            }
        }
    }

    #[test]
    fn a_column_of_one_row_stands_on_either_side() {
        let column: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(0)]));
        let ten: ArrayRef = Arc::new(Int32Array::from(vec![10]));
        let (result, failures) = over(Arithmetic::Divide, DataType::Integer, &ten, &column);
        assert_eq!(
            primitive::<Int32Type>(&result).unwrap(),
            &Int32Array::from(vec![Some(10), None, None])
        );
        assert_eq!(failures, ["/ by zero"]);
        let null: ArrayRef = Arc::new(Int32Array::from(vec![None]));
        let (result, failures) = over(Arithmetic::Add, DataType::Integer, &null, &column);
        assert_eq!((result.null_count(), failures.len()), (3, 0));
        let untyped = new_null_array(&ArrowType::Null, 3);
        let (result, _) = over(Arithmetic::Add, DataType::Integer, &column, &untyped);
        assert_eq!((result.null_count(), result.data_type()), (3, &ArrowType::Int32));
    }

    #[test]
    fn every_type_of_number_has_columns() {
        let of_f64: ArrayRef = Arc::new(Float64Array::from(vec![f64::MAX, 1.5]));
        let (result, failures) = over(Arithmetic::Add, DataType::Double, &of_f64, &of_f64);
        assert_eq!(
            primitive::<Float64Type>(&result).unwrap(),
            &Float64Array::from(vec![None, Some(3.0)])
        );
        assert_eq!(failures, ["not a finite double number: Infinity"]);
        let of_u64: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1]));
        let (result, failures) =
            over(Arithmetic::Multiply, DataType::UnsignedLong, &of_u64, &of_u64);
        assert_eq!(
            primitive::<UInt64Type>(&result).unwrap(),
            &UInt64Array::from(vec![None, Some(1)])
        );
        assert_eq!(failures, ["unsigned_long overflow"]);
        let mut fail = |_| {};
        assert!(
            arithmetic_arrays(Arithmetic::Add, DataType::Long, &of_f64, &of_u64, &mut fail)
                .is_err()
        );
        assert!(
            arithmetic_arrays(Arithmetic::Add, DataType::Keyword, &of_u64, &of_u64, &mut fail)
                .is_err()
        );
    }
}
