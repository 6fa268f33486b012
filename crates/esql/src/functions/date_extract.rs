//! `DATE_EXTRACT`: one part of a moment as a number.

use brokerwatch_expr::Diagnostic;

use super::calendar::{Civil, MILLI_NANOS, MINUTE_NANOS, SECOND_NANOS};
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::codes;
use crate::types::{DataType, MOMENT, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "DATE_EXTRACT",
    aliases: &[],
    doc: "One part of a moment, in UTC or the query's `time_zone`, such as `year`, `month_of_year`, `day_of_week` (Monday is 1) or `hour_of_day`.",
    params: &[param("part", TEXT), param("date", MOMENT)],
    returns: Returns::Always(DataType::Long),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW n = DATE_EXTRACT("year", "2022-05-06T00:00:00Z"::date)"#,
            result: "2022",
        },
        Example {
            query: r#"ROW n = DATE_EXTRACT("hour_of_day", "2022-05-06T17:01:02Z"::date)"#,
            result: "17",
        },
    ],
    compile,
};

type Part = fn(&Civil) -> i64;

/// The parts, by the names of Java's `ChronoField`.
const PARTS: &[(&str, Part)] = &[
    ("ALIGNED_DAY_OF_WEEK_IN_MONTH", |at| (at.day - 1) % 7 + 1),
    ("ALIGNED_DAY_OF_WEEK_IN_YEAR", |at| (at.day_of_year() - 1) % 7 + 1),
    ("ALIGNED_WEEK_OF_MONTH", |at| (at.day - 1) / 7 + 1),
    ("ALIGNED_WEEK_OF_YEAR", |at| (at.day_of_year() - 1) / 7 + 1),
    ("AMPM_OF_DAY", |at| at.hour() / 12),
    ("CLOCK_HOUR_OF_AMPM", |at| (at.hour() + 11) % 12 + 1),
    ("CLOCK_HOUR_OF_DAY", |at| (at.hour() + 23) % 24 + 1),
    ("DAY_OF_MONTH", |at| at.day),
    ("DAY_OF_WEEK", Civil::weekday),
    ("DAY_OF_YEAR", Civil::day_of_year),
    ("EPOCH_DAY", |at| at.epoch_day),
    ("ERA", |at| i64::from(1 <= at.year)),
    ("HOUR_OF_AMPM", |at| at.hour() % 12),
    ("HOUR_OF_DAY", Civil::hour),
    ("INSTANT_SECONDS", |at| at.epoch_day * 86_400 + at.nano_of_day / SECOND_NANOS - at.offset),
    ("MICRO_OF_DAY", |at| at.nano_of_day / 1_000),
    ("MICRO_OF_SECOND", |at| at.nano() / 1_000),
    ("MILLI_OF_DAY", |at| at.nano_of_day / MILLI_NANOS),
    ("MILLI_OF_SECOND", |at| at.nano() / MILLI_NANOS),
    ("MINUTE_OF_DAY", |at| at.nano_of_day / MINUTE_NANOS),
    ("MINUTE_OF_HOUR", Civil::minute),
    ("MONTH_OF_YEAR", |at| at.month),
    ("NANO_OF_DAY", |at| at.nano_of_day),
    ("NANO_OF_SECOND", Civil::nano),
    ("OFFSET_SECONDS", |at| at.offset),
    ("PROLEPTIC_MONTH", |at| at.year * 12 + at.month - 1),
    ("SECOND_OF_DAY", |at| at.nano_of_day / SECOND_NANOS),
    ("SECOND_OF_MINUTE", Civil::second),
    ("YEAR", |at| at.year),
    ("YEAR_OF_ERA", Civil::year_of_era),
];

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let zone = call.zone.clone();
    let Some(name) = call.text(0) else {
        return single(move |args, _| {
            let name = args[0].as_str().unwrap_or_default();
            let part = part(name).ok_or_else(|| {
                let name = name.to_uppercase();
                Failure::argument(format!("No enum constant java.time.temporal.ChronoField.{name}"))
            })?;
            Ok(zone.civil(args[1]).map(|at| Value::Long(part(&at))))
        });
    };
    let part = part(name).ok_or_else(|| {
        let message = format!("unknown part of a moment `{name}` for `DATE_EXTRACT`");
        let names: Vec<String> = PARTS.iter().map(|(name, _)| name.to_lowercase()).collect();
        Diagnostic::error(codes::ARGUMENT, call.span_of(0), message)
            .help(format!("the parts are {}", names.join(", ")))
    })?;
    single(move |args, _| Ok(zone.civil(args[1]).map(|at| Value::Long(part(&at)))))
}

fn part(name: &str) -> Option<Part> {
    PARTS.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, part)| *part)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn every_part_of_a_moment() {
        let moment: jiff::Timestamp = "2023-10-23T00:55:01.543123456Z".parse().unwrap();
        let nanos = i64::try_from(moment.as_nanosecond()).unwrap();
        let date = Constant::one(DataType::DateNanos, Scalar::DateNanos(nanos));
        for (part, expected) in [
            ("aligned_day_of_week_in_month", 2),
            ("aligned_day_of_week_in_year", 2),
            ("aligned_week_of_month", 4),
            ("aligned_week_of_year", 43),
            ("ampm_of_day", 0),
            ("clock_hour_of_ampm", 12),
            ("clock_hour_of_day", 24),
            ("day_of_month", 23),
            ("day_of_week", 1),
            ("day_of_year", 296),
            ("epoch_day", 19_653),
            ("era", 1),
            ("hour_of_ampm", 0),
            ("hour_of_day", 0),
            ("instant_seconds", 1_698_022_501),
            ("micro_of_day", 3_301_543_123),
            ("micro_of_second", 543_123),
            ("milli_of_day", 3_301_543),
            ("milli_of_second", 543),
            ("minute_of_day", 55),
            ("minute_of_hour", 55),
            ("Month_Of_Year", 10),
            ("nano_of_day", 3_301_543_123_456),
            ("nano_of_second", 543_123_456),
            ("offset_seconds", 0),
            ("proleptic_month", 24_285),
            ("second_of_day", 3_301),
            ("second_of_minute", 1),
            ("YEAR", 2023),
            ("year_of_era", 2023),
        ] {
            let found = call("DATE_EXTRACT", &[text(part), date.clone()], DataType::Long);
            assert_eq!(found, (vec![Scalar::Long(expected)], vec![]), "{part}");
        }
    }

    #[test]
    fn moments_before_the_epoch_and_before_christ() {
        for (part, millis, expected) in [
            ("milli_of_second", -1, 999),
            ("instant_seconds", -1, -1),
            ("year", -62_198_755_200_000, -1),
            ("year_of_era", -62_198_755_200_000, 2),
            ("era", -62_198_755_200_000, 0),
        ] {
            let date = Constant::one(DataType::Date, Scalar::Date(millis));
            let found = call("DATE_EXTRACT", &[text(part), date], DataType::Long);
            assert_eq!(found.0, [Scalar::Long(expected)], "{part}");
        }
    }
}
