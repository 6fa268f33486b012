//! `BUCKET`: the beginning of the interval that holds a moment or a number.

use brokerwatch_expr::Diagnostic;

use super::calendar::MILLI_NANOS;
use super::date_pattern::{DEFAULT, DatePattern};
use super::rounding::{Rounding, number_width, rounding_for_buckets};
use super::{Body, Call, Example, Function, Lists, Returns, optional, param, single};
use crate::codes;
use crate::types::{DataType, MOMENT, NUMBER, TEXT, TIMESPAN};
use crate::value::{Constant, Value};
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "BUCKET",
    aliases: &["BIN"],
    doc: "The beginning of the interval that holds a moment or a number. The second argument is the width of the \
          intervals, or, with the two ends of the range behind it, how many there may be at most; a round width is \
          chosen then.",
    params: &[
        param("field", MOMENT.or(NUMBER)),
        param("buckets", NUMBER.or(TIMESPAN)).constant(),
        optional("from", NUMBER.or(MOMENT).or(TEXT)).constant(),
        optional("to", NUMBER.or(MOMENT).or(TEXT)).constant(),
    ],
    returns: Returns::From(result),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW n = 100 | STATS BY b = BUCKET(n, 49.5)", result: "99.0" },
        Example {
            query: "ROW n = 31000 | STATS BY b = BUCKET(n, 20, 25324, 74999)",
            result: "30000.0",
        },
        Example {
            query: r#"ROW d = "1985-07-09T00:00:00Z"::date
                | STATS BY b = BUCKET(d, 20, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z")"#,
            result: "1985-07-01T00:00:00.000Z",
        },
        Example {
            query: r#"ROW d = "1985-07-09T00:00:00Z"::date | STATS BY b = BUCKET(d, 1 week)"#,
            result: "1985-07-08T00:00:00.000Z",
        },
    ],
    compile,
};

fn result(types: &[DataType]) -> DataType {
    match types.first() {
        Some(ty) if ty.is_date() => *ty,
        Some(DataType::Null) | None => DataType::Null,
        Some(_) => DataType::Double,
    }
}

/// What the constant arguments say.
enum Buckets {
    Numbers(f64),
    Moments(Rounding),
    /// An argument is null, and so is every result.
    Null,
}

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    match buckets(call)? {
        Buckets::Null => single(|_, _| Ok(None)),
        Buckets::Moments(rounding) => single(move |args, _| rounding.round(args[0])),
        Buckets::Numbers(width) => single(move |args, _| floor(args[0], width)),
    }
}

fn floor(number: Value<'_>, width: f64) -> Result<Option<Value<'_>>, Failure> {
    let Some(number) = number.as_f64() else { return Ok(None) };
    let quotient = number / width;
    if !quotient.is_finite() {
        return Err(Failure::arithmetic("/ by zero"));
    }
    Ok(Some(Value::Double(quotient.floor() * width)))
}

fn buckets(call: &Call<'_>) -> Result<Buckets, Diagnostic> {
    let field = call.args.first().map_or(DataType::Null, |arg| arg.ty);
    let null = |at: usize| call.args[at].constant.as_ref().is_some_and(Constant::is_null);
    if call.args.len() == 3 {
        return Err(wrong(call, 2, "`BUCKET` takes both ends of a range or none"));
    }
    if field == DataType::Null || (1..call.args.len()).any(null) {
        return Ok(Buckets::Null);
    }
    match (field.is_date(), call.args.len() == 4) {
        (true, true) => {
            let (count, from, to) = (count(call)?, moment(call, 2)?, moment(call, 3)?);
            Ok(Buckets::Moments(rounding_for_buckets(count, from, to, &call.zone)))
        }
        (true, false) if !call.args[1].ty.is_timespan() => {
            Err(wrong(call, 1, "a count of buckets of moments needs both ends of the range"))
        }
        (true, false) => {
            let span = value(call, 1)?;
            Rounding::of(span, &call.zone).map(Buckets::Moments).map_err(|reason| wrong(call, 1, reason))
        }
        (false, true) => {
            let width = number_width(count(call)?, number(call, 2)?, number(call, 3)?);
            Ok(Buckets::Numbers(width))
        }
        (false, false) => number(call, 1).map(Buckets::Numbers),
    }
}

fn wrong(call: &Call<'_>, at: usize, message: &str) -> Diagnostic {
    Diagnostic::error(codes::ARGUMENT, call.span_of(at), message)
        .help("write `BUCKET(field, width)` or `BUCKET(field, count, from, to)`")
}

fn value<'a>(call: &Call<'a>, at: usize) -> Result<Value<'a>, Diagnostic> {
    let constant = call.args[at].constant.as_ref().and_then(Constant::single);
    constant.ok_or_else(|| wrong(call, at, "this argument of `BUCKET` is one constant"))
}

fn count(call: &Call<'_>) -> Result<i64, Diagnostic> {
    let count = value(call, 1)?.as_i64();
    count.ok_or_else(|| wrong(call, 1, "the count of buckets is a whole number"))
}

fn number(call: &Call<'_>, at: usize) -> Result<f64, Diagnostic> {
    let number = value(call, at)?.as_f64();
    number.ok_or_else(|| {
        wrong(call, at, "this argument of `BUCKET` is a number, as its first one is")
    })
}

/// A moment or its text, in milliseconds.
fn moment(call: &Call<'_>, at: usize) -> Result<i64, Diagnostic> {
    let millis = match value(call, at)? {
        Value::Date(millis) => Some(millis),
        Value::DateNanos(nanos) => Some(nanos.div_euclid(MILLI_NANOS)),
        Value::Text(text) => {
            let pattern = DatePattern::parse(DEFAULT).ok();
            let nanos = pattern.and_then(|pattern| pattern.read(text, &call.zone));
            nanos.and_then(|nanos| i64::try_from(nanos.div_euclid(MILLI_NANOS.into())).ok())
        }
        _ => None,
    };
    millis.ok_or_else(|| {
        wrong(call, at, "this argument of `BUCKET` is a moment such as \"2026-01-31T00:00:00Z\"")
    })
}

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;

    use super::super::testing::{call, double, integer, long, text};
    use super::super::{Arg, Call};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn numbers_fall_into_buckets_of_doubles() {
        for (args, expected) in [
            (vec![long(100), double(99.0)], 99.0),
            (vec![double(99.0), double(100.0)], 0.0),
            (vec![integer(-1), integer(10)], -10.0),
            (vec![integer(31_000), integer(20), integer(25_324), double(74_999.0)], 30_000.0),
        ] {
            let found = call("BUCKET", &args, DataType::Double);
            assert_eq!(found, (vec![Scalar::Double(expected)], vec![]));
        }
        let (values, failures) = call("BUCKET", &[integer(1), integer(0)], DataType::Double);
        assert_eq!((values, failures), (vec![], vec!["/ by zero".to_owned()]));
    }

    #[test]
    fn ends_are_moments_or_text() {
        let nanos = Constant::one(DataType::DateNanos, Scalar::DateNanos(489_715_200_000_000_001));
        let from = Constant::one(DataType::Date, Scalar::Date(473_385_600_000));
        let found =
            call("BUCKET", &[nanos, integer(20), from, text("1986-01-01")], DataType::DateNanos);
        assert_eq!(found, (vec![Scalar::DateNanos(489_024_000_000_000_000)], vec![]));
    }

    #[test]
    fn constants_that_do_not_fit_are_refused() {
        let date = || Constant::one(DataType::Date, Scalar::Date(0));
        let hour = || Constant::one(DataType::TimeDuration, Scalar::Duration(3_600_000));
        for constants in [
            vec![date(), integer(20)],
            vec![date(), integer(20), text("2026")],
            vec![date(), integer(20), text("2026"), text("soon")],
            vec![date(), double(2.5), text("2026"), text("2027")],
            vec![integer(1), hour()],
            vec![integer(1), integer(5), text("2026"), text("2027")],
        ] {
            let arg = |constant: &Constant| Arg {
                ty: constant.ty,
                constant: Some(constant.clone()),
                span: Span::default(),
            };
            let args: Vec<Arg> = constants.iter().map(arg).collect();
            let call =
                Call { args: &args, returns: DataType::Date, options: None, span: Span::default(), zone: super::super::Zone::UTC };
            assert!(compile(&call).is_err(), "{constants:?}");
        }
    }
}
