//! Rounding down to intervals: of time for `DATE_TRUNC` and `BUCKET`, of numbers for `BUCKET`.

use super::calendar::{Civil, DAY_MILLIS, MILLI_NANOS, epoch_day};
use super::date_pattern::Zone;
use crate::value::Value;
use crate::warnings::Failure;

/// How moments are rounded down, by the clocks of a zone.
#[derive(Debug, Clone)]
pub(crate) struct Rounding {
    step: Step,
    zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Multiples of so many milliseconds since the epoch.
    Millis(i64),
    /// Weeks that begin on Monday.
    Week,
    /// So many months, counted from the first of year 1.
    Months(i64),
}

/// The intervals that `BUCKET` chooses from, longest first. Years are chosen where even months are too many.
const FOR_BUCKETS: [Step; 18] = [
    Step::Months(1),
    Step::Week,
    Step::Millis(DAY_MILLIS),
    Step::Millis(12 * HOUR),
    Step::Millis(3 * HOUR),
    Step::Millis(HOUR),
    Step::Millis(30 * MINUTE),
    Step::Millis(10 * MINUTE),
    Step::Millis(5 * MINUTE),
    Step::Millis(MINUTE),
    Step::Millis(30 * SECOND),
    Step::Millis(10 * SECOND),
    Step::Millis(5 * SECOND),
    Step::Millis(SECOND),
    Step::Millis(100),
    Step::Millis(50),
    Step::Millis(10),
    Step::Millis(1),
];

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const WEEK: i64 = 7 * DAY_MILLIS;
/// The Monday before the epoch.
const FIRST_MONDAY: i64 = -3 * DAY_MILLIS;

/// The longest interval that gives at most `count` buckets from one moment to another, or a shorter one that does as
/// well; a year where there is none.
pub(crate) fn rounding_for_buckets(
    count: i64,
    from_millis: i64,
    to_millis: i64,
    zone: &Zone,
) -> Rounding {
    let rounding = |step| Rounding { step, zone: zone.clone() };
    let fits = |rounding: &Rounding| rounding.buckets(from_millis, to_millis) <= i128::from(count);
    let fitting = FOR_BUCKETS.into_iter().map(rounding).take_while(fits);
    fitting.last().unwrap_or_else(|| rounding(Step::Months(12)))
}

/// The width of at most `count` buckets of numbers: a power of ten, or half of one.
#[expect(clippy::cast_precision_loss, reason = "Java widens a count to a double the same way")]
pub(crate) fn number_width(count: i64, from: f64, to: f64) -> f64 {
    let precise = (to - from) / count as f64;
    let power = 10_f64.powf(precise.log10().ceil());
    if precise < power / 2.0 { power / 2.0 } else { power }
}

impl Rounding {
    /// The rounding to a timespan; the error says why there is none.
    pub(crate) fn of(span: Value<'_>, zone: &Zone) -> Result<Rounding, &'static str> {
        let step = match span {
            Value::Duration(millis) if 0 < millis => Step::Millis(millis),
            Value::Period { months: 0, days: 7 } => Step::Week,
            Value::Period { months: 0, days } if 0 < days => {
                Step::Millis(period(days)? * DAY_MILLIS)
            }
            Value::Period { months, days: 0 } if 0 < months => Step::Months(period(months)?),
            Value::Period { months, days } if 0 < months && 0 < days => {
                return Err("a timespan to round to has one unit, months or days");
            }
            _ => return Err("a timespan to round to has to be longer than nothing"),
        };
        Ok(Rounding { step, zone: zone.clone() })
    }

    /// The beginning of the interval of a moment. Saturates where the interval begins before the first moment.
    pub(crate) fn floor(&self, millis: i64) -> i64 {
        if matches!(self.zone, Zone::Offset(0)) {
            return self.step.floor(millis);
        }
        let begun = i128::from(self.step.floor(self.shown(millis))) * i128::from(MILLI_NANOS);
        let nanos = self.zone.last_showing(begun, i128::from(millis) * i128::from(MILLI_NANOS));
        let begun = nanos.div_euclid(MILLI_NANOS.into());
        i64::try_from(begun).unwrap_or(if begun < 0 { i64::MIN } else { i64::MAX }).min(millis)
    }

    /// What clocks in the zone show at a moment, in milliseconds.
    fn shown(&self, millis: i64) -> i64 {
        let offset = self.zone.offset(i128::from(millis) * i128::from(MILLI_NANOS));
        millis.saturating_add(offset * SECOND)
    }

    /// The same for a moment of either kind, which it keeps.
    pub(crate) fn round<'v>(&self, moment: Value<'v>) -> Result<Option<Value<'v>>, Failure> {
        match moment {
            Value::Date(millis) => Ok(Some(Value::Date(self.floor(millis)))),
            Value::DateNanos(nanos) => {
                let millis = self.floor(nanos.div_euclid(MILLI_NANOS));
                match millis.checked_mul(MILLI_NANOS) {
                    Some(nanos) => Ok(Some(Value::DateNanos(nanos))),
                    None => Err(Failure::argument(format!(
                        "milliSeconds [{millis}] cannot be converted to nanoseconds"
                    ))),
                }
            }
            _ => Ok(None),
        }
    }

    /// How many intervals it takes from the one of `from` until `to` is reached; one at least.
    fn buckets(&self, from: i64, to: i64) -> i128 {
        let fixed = |step: i64| {
            let length = i128::from(to) - i128::from(self.floor(from));
            (length + i128::from(step) - 1).div_euclid(step.into())
        };
        let count = match self.step {
            Step::Millis(step) => fixed(step),
            Step::Week => fixed(WEEK),
            Step::Months(months) => {
                let index = |millis| i128::from(month_index(self.shown(millis)).div_euclid(months));
                let begun = i128::from(self.floor(to) < to);
                index(to) + begun - index(from)
            }
        };
        count.max(1)
    }
}

impl Step {
    /// The beginning of the interval of a time that a clock shows, in milliseconds.
    fn floor(self, millis: i64) -> i64 {
        match self {
            Step::Millis(step) => millis.div_euclid(step).saturating_mul(step),
            Step::Week => (millis.saturating_sub(FIRST_MONDAY).div_euclid(WEEK))
                .saturating_mul(WEEK)
                .saturating_add(FIRST_MONDAY),
            Step::Months(months) => {
                let first = month_index(millis).div_euclid(months).saturating_mul(months);
                first_of_month(first).saturating_mul(DAY_MILLIS)
            }
        }
    }
}

/// A count of days or months, as far as a period of Java reaches; so no interval begins outside of the calendar.
fn period(count: i64) -> Result<i64, &'static str> {
    i32::try_from(count).map(i64::from).map_err(|_| "a timespan to round to is too long")
}

/// Months since the first of year 1.
fn month_index(millis: i64) -> i64 {
    let civil = Civil::at(i128::from(millis) * i128::from(MILLI_NANOS));
    (civil.year - 1) * 12 + civil.month - 1
}

/// The epoch day on which a month begins that is counted as [`month_index`] does.
fn first_of_month(index: i64) -> i64 {
    epoch_day(index.div_euclid(12) + 1, index.rem_euclid(12) + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn days(days: i64) -> Value<'static> {
        Value::Period { months: 0, days }
    }

    fn months(months: i64) -> Value<'static> {
        Value::Period { months, days: 0 }
    }

    #[test]
    fn moments_round_down() {
        for (span, moment, expected) in [
            (Value::Duration(60_000), "2023-02-17T10:25:33.38Z", "2023-02-17T10:25:00Z"),
            (Value::Duration(1_200_000), "2023-02-17T10:25:33.38Z", "2023-02-17T10:20:00Z"),
            (days(1), "2023-02-17T10:25:33.38Z", "2023-02-17T00:00:00Z"),
            (days(7), "2023-02-17T10:25:33.38Z", "2023-02-13T00:00:00Z"),
            (days(7), "1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z"),
            (days(7), "2023-02-13T00:00:00Z", "2023-02-13T00:00:00Z"),
            (days(10), "1969-12-31T00:00:00Z", "1969-12-22T00:00:00Z"),
            (months(1), "2023-02-17T10:25:33.38Z", "2023-02-01T00:00:00Z"),
            (months(3), "2023-02-17T10:25:33.38Z", "2023-01-01T00:00:00Z"),
            (months(5), "2023-02-17T10:25:33.38Z", "2023-02-01T00:00:00Z"),
            (months(12), "1969-02-17T10:25:33.38Z", "1969-01-01T00:00:00Z"),
            (months(60), "2023-02-17T10:25:33.38Z", "2021-01-01T00:00:00Z"),
            (months(120), "2023-02-17T10:25:33.38Z", "2021-01-01T00:00:00Z"),
        ] {
            let rounding = Rounding::of(span, &Zone::UTC).unwrap();
            assert_eq!(rounding.floor(millis(moment)), millis(expected), "{span:?} {moment}");
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let most = i32::MAX.into();
        for span in [
            Value::Duration(i64::MAX),
            days(1),
            days(7),
            days(most),
            months(1),
            months(12),
            months(most),
        ] {
            let rounding = Rounding::of(span, &Zone::UTC).unwrap();
            for moment in [i64::MIN, -1, 0, i64::MAX] {
                assert!(rounding.floor(moment) <= moment, "{span:?} {moment}");
                assert!(1 <= rounding.buckets(moment, i64::MAX), "{span:?} {moment}");
            }
        }
        assert!(Rounding::of(days(i64::MAX), &Zone::UTC).is_err());
        assert!(Rounding::of(months(i64::MAX), &Zone::UTC).is_err());
    }

    #[test]
    fn nothing_backwards_and_two_units_are_refused() {
        let both = Value::Period { months: 1, days: 1 };
        for span in [Value::Duration(0), Value::Duration(-1), days(-7), months(0), both] {
            assert!(Rounding::of(span, &Zone::UTC).is_err(), "{span:?}");
        }
    }

    #[test]
    fn an_interval_is_chosen_for_a_count() {
        let (year, month) = (Step::Months(12), Step::Months(1));
        for (count, from, to, expected) in [
            (20, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", month),
            (11, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", year),
            (12, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", month),
            (52, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", month),
            (53, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", Step::Week),
            (100, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", Step::Week),
            (24, "2023-10-23T00:00:00Z", "2023-10-23T23:59:59Z", Step::Millis(HOUR)),
            (5, "1999-01-01T00:00:00Z", "2026-01-01T00:00:00Z", year),
            (1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Step::Millis(1)),
            (0, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", year),
            (i64::MAX, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z", Step::Millis(1)),
        ] {
            let chosen = rounding_for_buckets(count, millis(from), millis(to), &Zone::UTC);
            assert_eq!(chosen.step, expected, "{count} from {from} to {to}");
        }
    }

    #[test]
    fn a_width_is_chosen_for_a_count() {
        for (count, from, to, expected) in
            [(20, 25_324.0, 74_999.0, 5_000.0), (20, 1.41, 2.10, 0.05), (10, 0.0, 100.0, 10.0)]
        {
            let width = number_width(count, from, to);
            assert!((width - expected).abs() < 1e-12, "{width} for {expected}");
        }
    }

    #[test]
    fn days_begin_when_clocks_of_the_zone_say_so() {
        for (zone, span, moment, expected) in [
            ("Europe/Berlin", days(1), "2023-07-03T22:05:01Z", "2023-07-03T22:00:00Z"),
            ("Europe/Berlin", days(1), "2023-10-29T22:59:00Z", "2023-10-28T22:00:00Z"),
            ("Europe/Berlin", days(7), "2023-07-02T21:59:00Z", "2023-06-25T22:00:00Z"),
            ("Europe/Berlin", months(1), "2023-03-31T22:30:00Z", "2023-03-31T22:00:00Z"),
            ("Europe/Berlin", months(12), "2022-12-31T23:00:00Z", "2022-12-31T23:00:00Z"),
            // The hour from 2 to 3 comes twice.
            (
                "Europe/Berlin",
                Value::Duration(HOUR),
                "2023-10-29T00:30:00Z",
                "2023-10-29T00:00:00Z",
            ),
            (
                "Europe/Berlin",
                Value::Duration(HOUR),
                "2023-10-29T01:30:00Z",
                "2023-10-29T01:00:00Z",
            ),
            // The hour from 2 to 3 is skipped, and an interval of two hours begins in it.
            (
                "Europe/Berlin",
                Value::Duration(2 * HOUR),
                "2023-03-26T01:30:00Z",
                "2023-03-26T01:00:00Z",
            ),
            // Midnight is skipped.
            ("America/Sao_Paulo", days(1), "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z"),
            ("+05:30", days(1), "2023-07-03T18:29:59Z", "2023-07-02T18:30:00Z"),
            ("+05:30", Value::Duration(HOUR), "2023-07-03T18:29:59Z", "2023-07-03T17:30:00Z"),
        ] {
            let rounding = Rounding::of(span, &Zone::parse(zone).unwrap()).unwrap();
            assert_eq!(
                rounding.floor(millis(moment)),
                millis(expected),
                "{zone} {span:?} {moment}"
            );
            for moment in [i64::MIN, i64::MAX] {
                assert!(rounding.floor(moment) <= moment);
            }
        }
    }
}
