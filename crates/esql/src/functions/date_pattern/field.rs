//! The fields of a moment that a pattern names, and their values.

use super::Style;
use crate::functions::calendar::{
    Civil, DAY_NANOS, HOUR_NANOS, MILLI_NANOS, MONTHS, WEEKDAYS, epoch_day, weekday,
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
    /// The year of a week of ISO 8601, which begins on Monday and is of the year that its Thursday is in.
    IsoWeekYear,
    IsoWeek,
    Quarter,
    Month,
    WeekOfYear,
    WeekOfMonth,
    Day,
    /// Weeks that begin with the first of a month, whatever its day.
    AlignedWeek,
    DayOfYear,
    /// Days since 17 November 1858.
    ModifiedJulianDay,
    /// 1 for Monday.
    DayOfWeek,
    /// 1 for Sunday.
    LocalDay,
    HalfDay,
    /// Midnight, noon, and four parts of the day: see [`day_period`].
    DayPeriod,
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
            Field::IsoWeekYear => iso_week(moment.epoch_day).0,
            Field::IsoWeek => iso_week(moment.epoch_day).1,
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
            Field::AlignedWeek => (moment.day - 1) / 7 + 1,
            Field::ModifiedJulianDay => moment.epoch_day + MODIFIED_JULIAN_EPOCH,
            Field::DayOfYear => moment.day_of_year(),
            Field::DayOfWeek => moment.weekday(),
            Field::LocalDay => local_day(moment.epoch_day),
            Field::HalfDay => moment.hour() / 12,
            Field::DayPeriod => day_period(moment),
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
            Field::DayPeriod => {
                let (midnight, noon) =
                    if style == Style::Narrow { ("mi", "n") } else { ("midnight", "noon") };
                let parts = ["in the morning", "in the afternoon", "in the evening", "at night"];
                std::iter::once(midnight)
                    .chain([noon])
                    .chain(parts)
                    .zip(0..)
                    .map(|(name, at)| (at, name))
                    .collect()
            }
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

/// The day since the epoch of 1970 on which Modified Julian Days begin, below zero.
pub(super) const MODIFIED_JULIAN_EPOCH: i64 = 40_587;

/// The part of the day (CLDR, "Day Period Rule Sets", English): 0 and 1 for midnight and noon to the nanosecond, then
/// morning from 6, afternoon from 12, evening from 18, and night from 21 o'clock.
fn day_period(moment: &Civil) -> i64 {
    match (moment.nano_of_day, moment.hour()) {
        (0, _) => 0,
        (nanos, 12) if nanos == 12 * HOUR_NANOS => 1,
        (_, 6..12) => 2,
        (_, 12..18) => 3,
        (_, 18..21) => 4,
        _ => 5,
    }
}

/// The hour of day of an hour from 0 to 11 in a part of the day.
pub(super) fn hour_in_period(period: i64, hour: i64) -> i64 {
    match period {
        1 | 3 | 4 => hour + 12,
        5 if 9 <= hour => hour + 12,
        _ => hour,
    }
}

/// The year and the number of the week of ISO 8601 that holds a day.
pub(super) fn iso_week(day: i64) -> (i64, i64) {
    let thursday = day - weekday(day) + 4;
    let year = Civil::at(i128::from(thursday) * DAY_NANOS).year;
    (year, (thursday - epoch_day(year, 1, 1)) / 7 + 1)
}

/// The Monday with which a week of ISO 8601 begins; none where the year has no such week.
pub(super) fn iso_monday(year: i64, week: i64) -> Option<i64> {
    let fourth = epoch_day(year, 1, 4);
    let monday = fourth - weekday(fourth) + 1 + (week - 1) * 7;
    (iso_week(monday) == (year, week)).then_some(monday)
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
