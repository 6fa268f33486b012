//! `DATE_DIFF`: whole units of time from one moment to another.

use brokerwatch_expr::Diagnostic;

use super::calendar::{Civil, DAY_NANOS, SECOND_NANOS, epoch_nanos};
use super::date_pattern::Zone;
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::codes;
use crate::types::{DataType, MOMENT, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "DATE_DIFF",
    aliases: &[],
    doc: "The count of whole units of time from one moment to another, negative where the second is the earlier one. \
          Units are those from `nanosecond` to `year`, `quarter`, `week`, `weekday` and `dayofyear`, also in the plural \
          and abbreviated.",
    params: &[param("unit", TEXT), param("start", MOMENT), param("end", MOMENT)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW n = DATE_DIFF("hours", "2023-12-02T11:00:00Z"::date, "2023-12-03T10:59:00Z"::date)"#,
            result: "23",
        },
        Example {
            query: r#"ROW n = DATE_DIFF("month", "2024-12-24T11:00:00Z"::date, "2023-12-02T11:00:00Z"::date)"#,
            result: "-12",
        },
    ],
    compile,
};

#[derive(Debug, Clone, Copy)]
enum Unit {
    Months(i64),
    Nanos(i128),
}

/// Each unit with its names; the first one is the name in messages.
const UNITS: &[(Unit, &[&str])] = &[
    (Unit::Months(12), &["YEAR", "YEARS", "YYYY", "YY"]),
    (Unit::Months(3), &["QUARTER", "QUARTERS", "QQ", "Q"]),
    (Unit::Months(1), &["MONTH", "MONTHS", "MM", "M"]),
    (Unit::Nanos(DAY_NANOS), &["DAYOFYEAR", "DY", "Y"]),
    (Unit::Nanos(DAY_NANOS), &["DAY", "DAYS", "DD", "D"]),
    (Unit::Nanos(7 * DAY_NANOS), &["WEEK", "WEEKS", "WK", "WW"]),
    (Unit::Nanos(DAY_NANOS), &["WEEKDAY", "WEEKDAYS", "DW"]),
    (Unit::Nanos(3_600_000_000_000), &["HOUR", "HOURS", "HH"]),
    (Unit::Nanos(60_000_000_000), &["MINUTE", "MINUTES", "MI", "N"]),
    (Unit::Nanos(1_000_000_000), &["SECOND", "SECONDS", "SS", "S"]),
    (Unit::Nanos(1_000_000), &["MILLISECOND", "MILLISECONDS", "MS"]),
    (Unit::Nanos(1_000), &["MICROSECOND", "MICROSECONDS", "MCS"]),
    (Unit::Nanos(1), &["NANOSECOND", "NANOSECONDS", "NS"]),
];

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let zone = call.zone.clone();
    let Some(name) = call.text(0) else {
        return single(move |args, _| {
            let name = args[0].as_str().unwrap_or_default();
            between(unit(name).map_err(Failure::argument)?, args[1], args[2], &zone)
        });
    };
    let unit = unit(name).map_err(|_| {
        Diagnostic::error(
            codes::ARGUMENT,
            call.span_of(0),
            format!("unknown unit of time `{name}` for `DATE_DIFF`"),
        )
        .help(format!("the units are {}, and their abbreviations", unit_names(", ").to_lowercase()))
    })?;
    single(move |args, _| between(unit, args[1], args[2], &zone))
}

fn unit(name: &str) -> Result<Unit, String> {
    let same = |own: &&str| own.eq_ignore_ascii_case(name);
    let found = UNITS.iter().find(|(_, names)| names.iter().any(same));
    found.map(|(unit, _)| *unit).ok_or_else(|| {
        let names = unit_names(", ");
        format!("A value of [{names}] or their aliases is required; received [{name}]")
    })
}

fn unit_names(separator: &str) -> String {
    UNITS.iter().map(|(_, names)| names[0]).collect::<Vec<_>>().join(separator)
}

fn between<'v>(
    unit: Unit,
    start: Value<'_>,
    end: Value<'_>,
    zone: &Zone,
) -> Result<Option<Value<'v>>, Failure> {
    let (Some(start), Some(end)) = (epoch_nanos(start), epoch_nanos(end)) else { return Ok(None) };
    let count = match unit {
        Unit::Nanos(nanos) if nanos < DAY_NANOS => (end - start) / nanos,
        // Days and more are those of the calendar: a day on which clocks are moved is one like others.
        Unit::Nanos(nanos) => (local(end, zone) - local(start, zone)) / nanos,
        Unit::Months(months) => {
            i128::from(months_between(local(start, zone), local(end, zone)) / months)
        }
    };
    match i32::try_from(count) {
        Ok(count) => Ok(Some(Value::Integer(count))),
        Err(_) => Err(Failure::invalid(format!("[{count}] out of [integer] range"))),
    }
}

/// What clocks in a zone show at a moment, as nanoseconds.
fn local(nanos: i128, zone: &Zone) -> i128 {
    nanos + i128::from(zone.offset(nanos)) * i128::from(SECOND_NANOS)
}

/// Whole months as Java counts them: a last day that is not full is taken off before dates are compared.
fn months_between(start: i128, end: i128) -> i64 {
    let (from, until) = (Civil::at(start), Civil::at(end));
    let part_of_day = if from.epoch_day < until.epoch_day && until.nano_of_day < from.nano_of_day {
        -DAY_NANOS
    } else if until.epoch_day < from.epoch_day && from.nano_of_day < until.nano_of_day {
        DAY_NANOS
    } else {
        0
    };
    // 32 days to a month, so that days count only against each other.
    let packed = |civil: Civil| (civil.year * 12 + civil.month - 1) * 32 + civil.day;
    (packed(Civil::at(end + part_of_day)) - packed(from)) / 32
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    fn date(text: &str) -> Constant {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Constant::one(DataType::Date, Scalar::Date(moment.as_millisecond()))
    }

    #[test]
    fn whole_units_are_counted() {
        for (unit, start, end, expected) in [
            ("year", "2023-12-31T23:59:59.999Z", "2024-01-01T00:00:00Z", 0),
            ("year", "2023-12-31T23:59:59.999Z", "2024-12-31T23:59:59.999Z", 1),
            ("YYYY", "2024-12-31T23:59:59.999Z", "2023-12-31T23:59:59.999Z", -1),
            ("m", "2024-01-31T10:00:00Z", "2024-03-01T09:00:00Z", 0),
            ("m", "2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z", 0),
            ("m", "2024-03-31T10:00:00Z", "2024-02-29T09:00:00Z", -1),
            ("quarters", "2023-12-02T11:00:00Z", "2024-12-24T11:00:00Z", 4),
            ("weeks", "2023-12-02T11:00:00Z", "2023-12-24T11:00:00Z", 3),
            ("weekdays", "2023-12-02T11:00:00Z", "2023-12-24T11:00:00Z", 22),
            ("dy", "2023-12-02T11:00:00Z", "2023-12-24T10:59:00Z", 21),
            ("n", "2023-12-02T11:01:00Z", "2023-12-02T11:00:01Z", 0),
            ("mcs", "2023-12-02T11:00:00Z", "2023-12-02T11:00:00.001Z", 1000),
        ] {
            let args = [text(unit), date(start), date(end)];
            let found = call("DATE_DIFF", &args, DataType::Integer);
            assert_eq!(found, (vec![Scalar::Integer(expected)], vec![]), "{unit} {start} {end}");
        }
    }

    #[test]
    fn moments_of_both_kinds_mix() {
        let nanos = Constant::one(DataType::DateNanos, Scalar::DateNanos(1_000_007));
        let args = [text("ns"), date("1970-01-01T00:00:00.001Z"), nanos];
        assert_eq!(call("DATE_DIFF", &args, DataType::Integer).0, [Scalar::Integer(7)]);
    }

    #[test]
    fn counts_that_do_not_fit_are_told() {
        let args = [text("ms"), date("1970-01-01T00:00:00Z"), date("2023-01-01T00:00:00Z")];
        let (values, failures) = call("DATE_DIFF", &args, DataType::Integer);
        assert_eq!(values, []);
        assert_eq!(failures, ["[1672531200000] out of [integer] range"]);
    }

    #[test]
    fn every_name_is_of_one_unit() {
        let mut names: Vec<&str> =
            UNITS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(unit("decade").unwrap_err().ends_with("received [decade]"));
    }
}
