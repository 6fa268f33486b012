//! `DATE_TRUNC`: a moment rounded down to an interval.

use brokerwatch_expr::Diagnostic;

use super::rounding::Rounding;
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::codes;
use crate::types::{DataType, MOMENT, TIMESPAN};
use crate::value::Constant;

pub(crate) const FUNCTION: Function = Function {
    name: "DATE_TRUNC",
    aliases: &[],
    doc: "The moment rounded down to an interval, in UTC or the query's `time_zone`. Weeks begin on Monday; months and years follow the calendar, \
          counted from year 1; other intervals are multiples since the beginning of 1970.",
    params: &[param("interval", TIMESPAN).constant(), param("date", MOMENT)],
    returns: Returns::From(result),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW d = DATE_TRUNC(1 hour, "2023-10-23T13:55:01.543Z"::date)"#,
            result: "2023-10-23T13:00:00.000Z",
        },
        Example {
            query: r#"ROW d = DATE_TRUNC(1 week, "2023-10-25T13:55:01.543Z"::date)"#,
            result: "2023-10-23T00:00:00.000Z",
        },
        Example { query: "ROW d = DATE_TRUNC(1 day, null::date)", result: "null" },
    ],
    compile,
};

/// The kind of the moment; a date where that is null.
fn result(types: &[DataType]) -> DataType {
    types.get(1).copied().filter(|ty| ty.is_date()).unwrap_or(DataType::Date)
}

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let interval = call.args.first().and_then(|arg| arg.constant.as_ref());
    let Some(interval) = interval.and_then(Constant::single) else {
        return single(|_, _| Ok(None));
    };
    let rounding = Rounding::of(interval, &call.zone).map_err(|reason| {
        Diagnostic::error(codes::ARGUMENT, call.span_of(0), reason)
            .help("write one positive timespan, such as `1 hour`, `7 days` or `3 months`")
    })?;
    single(move |args, _| rounding.round(args[1]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn nanoseconds_stay_nanoseconds() {
        let day = Constant::one(DataType::DatePeriod, Scalar::Period { months: 0, days: 1 });
        for (ty, moment, expected) in [
            (DataType::Date, Scalar::Date(86_400_001), Scalar::Date(86_400_000)),
            (
                DataType::DateNanos,
                Scalar::DateNanos(86_400_000_000_001),
                Scalar::DateNanos(86_400_000_000_000),
            ),
            (DataType::DateNanos, Scalar::DateNanos(-1), Scalar::DateNanos(-86_400_000_000_000)),
        ] {
            let args = [day.clone(), Constant::one(ty, moment)];
            assert_eq!(call("DATE_TRUNC", &args, ty), (vec![expected], vec![]));
        }
    }

    #[test]
    fn what_begins_before_the_first_nanosecond_is_told() {
        let year = Constant::one(DataType::DatePeriod, Scalar::Period { months: 12, days: 0 });
        let first = Constant::one(DataType::DateNanos, Scalar::DateNanos(i64::MIN));
        let (values, failures) = call("DATE_TRUNC", &[year, first], DataType::DateNanos);
        assert_eq!(values, []);
        assert_eq!(failures, ["milliSeconds [-9246096000000] cannot be converted to nanoseconds"]);
    }
}
