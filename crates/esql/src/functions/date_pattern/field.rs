//! The fields of a moment that a pattern names, and their values.

use super::Style;
use crate::functions::calendar::{
    Civil, HOUR_NANOS, MILLI_NANOS, MONTHS, WEEKDAYS, epoch_day, weekday,
};

/// How many fields there are.
pub(super) const COUNT: usize = Field::NanoOfDay as usize + 1;

/// A field of a moment. Weeks are those of the United States, as in Elasticsearch: they begin on Sunday, and the first
/// one holds the first of January.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Era,
    Year,
    YearOfEra,
    WeekYear,
    Quarter,
    Month,
    WeekOfYear,
    WeekOfMonth,
    Day,
    DayOfYear,
    /// 1 for Monday.
    DayOfWeek,
    /// 1 for Sunday.
    LocalDay,
    HalfDay,
    /// 1 to 12.
    ClockHourOfHalf,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 24.
    ClockHour,
    Hour,
    Minute,
    Second,
    Nano,
    MilliOfDay,
    NanoOfDay,
}

impl Field {
    /// The value at a moment.
    pub(super) fn at(self, moment: &Civil) -> i64 {
        match self {
            Field::Era => i64::from(1 <= moment.year),
            Field::Year => moment.year,
            Field::YearOfEra => moment.year_of_era(),
            Field::WeekYear => week_year(moment),
            Field::Quarter => (moment.month - 1) / 3 + 1,
            Field::Month => moment.month,
            Field::WeekOfYear => {
                let first = first_week(week_year(moment));
                (moment.epoch_day - first) / 7 + 1
            }
            Field::WeekOfMonth => {
                let first = moment.epoch_day - moment.day + 1;
                (moment.day - 1 + local_day(first) - 1) / 7 + 1
            }
            Field::Day => moment.day,
            Field::DayOfYear => moment.day_of_year(),
            Field::DayOfWeek => moment.weekday(),
            Field::LocalDay => local_day(moment.epoch_day),
            Field::HalfDay => moment.hour() / 12,
            Field::ClockHourOfHalf => (moment.hour() + 11) % 12 + 1,
            Field::HourOfHalf => moment.hour() % 12,
            Field::ClockHour => (moment.hour() + 23) % 24 + 1,
            Field::Hour => moment.nano_of_day / HOUR_NANOS,
            Field::Minute => moment.minute(),
            Field::Second => moment.second(),
            Field::Nano => moment.nano(),
            Field::MilliOfDay => moment.nano_of_day / MILLI_NANOS,
            Field::NanoOfDay => moment.nano_of_day,
        }
    }

    /// The values that have a name, with the names.
    pub(super) fn names(self, style: Style) -> Vec<(i64, &'static str)> {
        let from =
            |first: i64, names: &[&'static str]| (first..).zip(names.iter().copied()).collect();
        let cut = |names: &[&'static str]| {
            let letters = match style {
                Style::Short => 3,
                Style::Narrow => 1,
                Style::Full => usize::MAX,
            };
            // The names are ASCII, so that a letter is a byte.
            (1..).zip(names.iter().map(|name| &name[..letters.min(name.len())])).collect()
        };
        match self {
            Field::Month => cut(&MONTHS),
            Field::DayOfWeek => cut(&WEEKDAYS),
            Field::HalfDay => from(0, &["AM", "PM"]),
            Field::Era => match style {
                Style::Short => from(0, &["BC", "AD"]),
                Style::Full => from(0, &["Before Christ", "Anno Domini"]),
                Style::Narrow => from(0, &["B", "A"]),
            },
            Field::Quarter => match style {
                Style::Short => from(1, &["Q1", "Q2", "Q3", "Q4"]),
                Style::Full => {
                    from(1, &["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"])
                }
                Style::Narrow => from(1, &["1", "2", "3", "4"]),
            },
            _ => Vec::new(),
        }
    }
}

/// 1 for Sunday to 7 for Saturday.
pub(super) fn local_day(epoch_day: i64) -> i64 {
    weekday(epoch_day) % 7 + 1
}

/// The Sunday with which the first week of a year begins.
pub(super) fn first_week(year: i64) -> i64 {
    let first = epoch_day(year, 1, 1);
    first - local_day(first) + 1
}

/// The year to which the week of a moment belongs: the last days of December may belong to the next one.
fn week_year(moment: &Civil) -> i64 {
    let next = moment.year + 1;
    if first_week(next) <= moment.epoch_day { next } else { moment.year }
}
