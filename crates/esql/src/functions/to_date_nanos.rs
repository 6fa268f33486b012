//! `TO_DATE_NANOS`: a value as a moment, to the nanosecond.

use brokerwatch_expr::Diagnostic;

use super::calendar::MILLI_NANOS;
use super::conversion::{built_in, moment_from_text};
use super::date_pattern::{DatePattern, Zone};
use super::to_long::long;
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

/// The format of texts.
const FORMAT: &str = "strict_date_optional_time_nanos";

pub(crate) const FUNCTION: Function = Function {
    name: "TO_DATE_NANOS",
    aliases: &["TO_DATENANOS"],
    doc: "The value as a moment from 1970 to 2262, to the nanosecond: a text in ISO 8601 of which any tail may be \
          missing, or a number of nanoseconds since the epoch.",
    params: &[param(
        "field",
        TEXT.or(MOMENT).or(Types::of(&[DataType::Long, DataType::UnsignedLong, DataType::Double])),
    )],
    returns: Returns::Always(DataType::DateNanos),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW d = TO_DATE_NANOS("2023-10-23T13:55:01.543123456Z")"#,
            result: "2023-10-23T13:55:01.543123456Z",
        },
        Example { query: r#"ROW d = TO_DATE_NANOS("1969-12-31")"#, result: "null" },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let pattern = built_in(FORMAT, call)?;
    let zone = call.zone.clone();
    single(move |args, _| Ok(nanos(args[0], &pattern, &zone)?.map(Value::DateNanos)))
}

fn nanos(
    value: Value<'_>,
    pattern: &DatePattern,
    zone: &Zone,
) -> Result<Option<i64>, Failure> {
    match value {
        Value::DateNanos(nanos) => Ok(Some(nanos)),
        Value::Date(millis) => from_millis(millis).map(Some),
        Value::Text(text) => from_text(pattern, text, zone).map(Some),
        Value::Double(number) if number < 0.0 => Err(before_epoch()),
        other => match long(other)? {
            Some(nanos) if nanos < 0 => Err(before_epoch()),
            nanos => Ok(nanos),
        },
    }
}

fn before_epoch() -> Failure {
    Failure::argument("Nanosecond dates before 1970-01-01T00:00:00.000Z are not supported.")
}

fn from_millis(millis: i64) -> Result<i64, Failure> {
    let where_it_is = if millis < 0 {
        "before the epoch in 1970"
    } else {
        match millis.checked_mul(MILLI_NANOS) {
            Some(nanos) => return Ok(nanos),
            None => "after 2262-04-11T23:47:16.854775807",
        }
    };
    Err(Failure::argument(format!(
        "milliSeconds [{millis}] are {where_it_is} and cannot be converted to nanoseconds"
    )))
}

fn from_text(pattern: &DatePattern, text: &str, zone: &Zone) -> Result<i64, Failure> {
    let nanos = moment_from_text(pattern, text, zone)?;
    let where_it_is = if nanos < 0 {
        "before the epoch in 1970"
    } else {
        match i64::try_from(nanos) {
            Ok(nanos) => return Ok(nanos),
            Err(_) => "after 2262-04-11T23:47:16.854775807",
        }
    };
    // Moments are named as Java's `Instant` writes them: without a fraction of zero.
    let moment = pattern.write(nanos, &Zone::UTC).replace(".000Z", "Z");
    Err(Failure::argument(format!(
        "date[{moment}] is {where_it_is} and cannot be stored in nanosecond resolution"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, long, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn texts_numbers_and_moments() {
        let date = |millis| Constant::one(DataType::Date, Scalar::Date(millis));
        for (value, expected) in [
            (text("1970-01-01T00:00:00.000000001Z"), Ok(1)),
            (text("1970-01-02"), Ok(86_400_000_000_000)),
            (
                text("1969-12-31T23:59:59Z"),
                Err(
                    "date[1969-12-31T23:59:59Z] is before the epoch in 1970 and cannot be stored in nanosecond resolution",
                ),
            ),
            (
                text("2300"),
                Err(
                    "date[2300-01-01T00:00:00Z] is after 2262-04-11T23:47:16.854775807 and cannot be stored in nanosecond \
                     resolution",
                ),
            ),
            (
                text("today"),
                Err(
                    "failed to parse date field [today] with format [strict_date_optional_time_nanos]",
                ),
            ),
            (date(1), Ok(1_000_000)),
            (
                date(-1),
                Err(
                    "milliSeconds [-1] are before the epoch in 1970 and cannot be converted to nanoseconds",
                ),
            ),
            (
                date(i64::MAX),
                Err(
                    "milliSeconds [9223372036854775807] are after 2262-04-11T23:47:16.854775807 and cannot be converted to \
                     nanoseconds",
                ),
            ),
            (long(5), Ok(5)),
            (long(-5), Err("Nanosecond dates before 1970-01-01T00:00:00.000Z are not supported.")),
            (
                double(-1e300),
                Err("Nanosecond dates before 1970-01-01T00:00:00.000Z are not supported."),
            ),
            (double(1e19), Err("[1.0E19] out of [long] range")),
        ] {
            check("TO_DATENANOS", &[value], DataType::DateNanos, expected.map(Scalar::DateNanos));
        }
    }
}
