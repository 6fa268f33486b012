//! `TO_DATETIME`: a value as a moment, to the millisecond.

use brokerwatch_expr::Diagnostic;

use super::calendar::MILLI_NANOS;
use super::conversion::{built_in, moment_from_text, out_of_range};
use super::date_pattern::DEFAULT;
use super::to_long::long;
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT, NUMBER, TEXT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_DATETIME",
    aliases: &["TO_DT"],
    doc: "The value as a moment, to the millisecond: a text in ISO 8601 of which any tail may be missing, or a number of \
          milliseconds since the epoch.",
    params: &[param("field", TEXT.or(NUMBER).or(MOMENT))],
    returns: Returns::Always(DataType::Date),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW d = TO_DATETIME(["1953-09-02", "1964-06-02 00:00:00"])"#,
            result: "1953-09-02T00:00:00.000Z",
        },
        Example {
            query: "ROW d = TO_DATETIME([501379200000, 520128000000])",
            result: "[1985-11-21T00:00:00.000Z, 1986-06-26T00:00:00.000Z]",
        },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let pattern = built_in(DEFAULT, call)?;
    let zone = call.zone.clone();
    single(move |args, _| {
        let millis = match args[0] {
            Value::Text(text) => {
                let millis = moment_from_text(&pattern, text, &zone)?.div_euclid(MILLI_NANOS.into());
                let millis = i64::try_from(millis);
                Some(millis.map_err(|_| out_of_range(text, DataType::Long))?)
            }
            Value::DateNanos(nanos) => Some(nanos.div_euclid(MILLI_NANOS)),
            other => long(other)?,
        };
        Ok(millis.map(Value::Date))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, integer, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn texts_numbers_and_moments() {
        let nanos = |nanos| Constant::one(DataType::DateNanos, Scalar::DateNanos(nanos));
        let unsigned = Constant::one(DataType::UnsignedLong, Scalar::Unsigned(1 << 63));
        for (value, expected) in [
            (text("1970"), Ok(0)),
            (text("1970-01-01T00:00:01.5Z"), Ok(1_500)),
            (text("1970-01-01T01:00+01:00"), Ok(0)),
            (text("1969-12-31T23:59:59.9999Z"), Ok(-1)),
            (
                text("1964-06-02 00:00:00"),
                Err(
                    "failed to parse date field [1964-06-02 00:00:00] with format [strict_date_optional_time]",
                ),
            ),
            (
                text("501379200000"),
                Err(
                    "failed to parse date field [501379200000] with format [strict_date_optional_time]",
                ),
            ),
            (text(""), Err("cannot parse empty datetime")),
            (integer(-7), Ok(-7)),
            (double(501_379_200_000.1), Ok(501_379_200_000)),
            (unsigned, Err("[9223372036854775808] out of [long] range")),
            (nanos(1_999_999), Ok(1)),
        ] {
            check("TO_DT", &[value], DataType::Date, expected.map(Scalar::Date));
        }
    }
}
