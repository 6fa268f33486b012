//! Moments as dates and times of day, over every moment that a column can hold.
//!
//! A date column reaches some 292 million years to both sides of 1970, further than calendar libraries do, so the
//! proleptic Gregorian calendar is counted here. Zones are jiff's; see [`super::date_pattern`].

use crate::value::Value;

/// The milliseconds of a day.
pub(crate) const DAY_MILLIS: i64 = 86_400_000;
/// The nanoseconds of a day.
pub(crate) const DAY_NANOS: i128 = 86_400_000_000_000;
/// The nanoseconds of an hour.
pub(crate) const HOUR_NANOS: i64 = 3_600_000_000_000;
/// The nanoseconds of a minute.
pub(crate) const MINUTE_NANOS: i64 = 60_000_000_000;
/// The nanoseconds of a second.
pub(crate) const SECOND_NANOS: i64 = 1_000_000_000;
/// The nanoseconds of a millisecond.
pub(crate) const MILLI_NANOS: i64 = 1_000_000;

/// The names of the months, January first.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days of a week, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    /// The year; 0 is the year before year 1.
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
    /// Days since 1970-01-01.
    pub(crate) epoch_day: i64,
    /// Nanoseconds since midnight.
    pub(crate) nano_of_day: i64,
    /// Seconds that the clock is ahead of UTC.
    pub(crate) offset: i64,
}

/// Nanoseconds since the epoch, for a moment of either kind.
pub(crate) fn epoch_nanos(value: Value<'_>) -> Option<i128> {
    match value {
        Value::Date(millis) => Some(i128::from(millis) * i128::from(MILLI_NANOS)),
        Value::DateNanos(nanos) => Some(nanos.into()),
        _ => None,
    }
}

impl Civil {
    /// Nanoseconds since the epoch, in UTC. Every moment of a column fits. For other zones see [`super::Zone::civil`].
    pub(crate) fn at(nanos: i128) -> Civil {
        let epoch_day = nanos.div_euclid(DAY_NANOS) as i64;
        let (year, month, day) = date_of(epoch_day);
        let nano_of_day = nanos.rem_euclid(DAY_NANOS) as i64;
        Civil { year, month, day, epoch_day, nano_of_day, offset: 0 }
    }

    /// 0 to 23.
    pub(crate) fn hour(&self) -> i64 {
        self.nano_of_day / HOUR_NANOS
    }

    /// 0 to 59.
    pub(crate) fn minute(&self) -> i64 {
        self.nano_of_day / MINUTE_NANOS % 60
    }

    /// 0 to 59.
    pub(crate) fn second(&self) -> i64 {
        self.nano_of_day / SECOND_NANOS % 60
    }

    /// The nanoseconds within the second.
    pub(crate) fn nano(&self) -> i64 {
        self.nano_of_day % SECOND_NANOS
    }

    /// 1 to 366.
    pub(crate) fn day_of_year(&self) -> i64 {
        self.epoch_day - epoch_day(self.year, 1, 1) + 1
    }

    /// 1 for Monday to 7 for Sunday.
    pub(crate) fn weekday(&self) -> i64 {
        weekday(self.epoch_day)
    }

    /// `Monday` to `Sunday`.
    pub(crate) fn weekday_name(&self) -> &'static str {
        named(&WEEKDAYS, self.weekday())
    }

    /// `January` to `December`.
    pub(crate) fn month_name(&self) -> &'static str {
        named(&MONTHS, self.month)
    }

    /// The year counted from 1 within its era: 1 before Christ is year 0.
    pub(crate) fn year_of_era(&self) -> i64 {
        if 1 <= self.year { self.year } else { 1 - self.year }
    }
}

/// The name at a place that counts from 1.
fn named(names: &[&'static str], place: i64) -> &'static str {
    let name = usize::try_from(place - 1).ok().and_then(|at| names.get(at));
    name.copied().unwrap_or_default()
}

/// 1 for Monday to 7 for Sunday. The epoch began on a Thursday.
pub(crate) fn weekday(epoch_day: i64) -> i64 {
    (epoch_day + 3).rem_euclid(7) + 1
}

/// The days of a month.
pub(crate) fn month_days(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that a leap day ends its year, in eras of 400 years.
pub(crate) fn epoch_day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day: the inverse of [`epoch_day`].
fn date_of(epoch_day: i64) -> (i64, i64, i64) {
    let days = epoch_day + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse_and_agree_with_jiff() {
        for epoch_day_given in (-800_000..800_000).step_by(97) {
            let civil = Civil::at(i128::from(epoch_day_given) * DAY_NANOS);
            let date = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(epoch_day_given);
            assert_eq!(
                (civil.year, civil.month, civil.day),
                (date.year().into(), date.month().into(), date.day().into())
            );
            assert_eq!(epoch_day(civil.year, civil.month, civil.day), epoch_day_given);
            assert_eq!(civil.day_of_year(), i64::from(date.day_of_year()));
            assert_eq!(civil.weekday(), i64::from(date.weekday().to_monday_one_offset()));
            assert_eq!(month_days(civil.year, civil.month), i64::from(date.days_in_month()));
        }
    }

    #[test]
    fn the_ends_of_a_column_have_dates() {
        let last = Civil::at(i128::from(i64::MAX) * i128::from(MILLI_NANOS));
        assert_eq!((last.year, last.month, last.day), (292_278_994, 8, 17));
        let first = Civil::at(i128::from(i64::MIN) * i128::from(MILLI_NANOS));
        assert_eq!((first.year, first.month, first.day), (-292_275_055, 5, 16));
    }
}
