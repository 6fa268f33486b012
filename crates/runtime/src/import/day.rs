//! The days in the names of folders: which times the events of a part have, without opening it.
//!
//! Only names that an import gives count. A file of another name may hold anything.

use std::path::Path;

use brokerwatch_ecs::{Timestamp, date};

use super::journal::{DATASET, DAY, is_part_name};

/// What the day of events without a time is called.
pub(super) const NO_DAY: &str = "none";

/// The times of the events of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// From the first moment of a day to its last.
    Of { first: Timestamp, last: Timestamp },
    /// They have none.
    Untimed,
}

impl Day {
    /// The day that the path of a part names.
    pub(crate) fn of(part: &Path) -> Option<Day> {
        let mut names = part.iter().rev().map(|name| name.to_str());
        let (name, dataset, day) = (names.next()??, names.next()??, names.next()??);
        if !is_part_name(name) || !dataset.starts_with(DATASET) {
            return None;
        }
        let day = day.strip_prefix(DAY)?;
        if day == NO_DAY {
            return Some(Day::Untimed);
        }
        let is_day =
            day.len() == "2026-01-31".len() && day.starts_with(|c: char| c.is_ascii_digit());
        let span = date::parse(day).filter(|_| is_day)?;
        Some(Day::Of { first: span.from, last: span.to })
    }

    /// Whether an event with this time, in nanoseconds since the epoch, belongs to it. What no such number can say belongs
    /// anywhere.
    pub(super) fn has(self, nanos: Option<i64>) -> bool {
        let Day::Of { first, last } = self else { return nanos.is_none() };
        let ends = (first.as_nanosecond(), last.as_nanosecond());
        let is_far = i128::from(i64::MAX) < ends.1 || ends.0 < i128::from(i64::MIN);
        nanos.is_some_and(|nanos| is_far || (ends.0..=ends.1).contains(&nanos.into()))
    }

    /// Whether an event of it may lie at or after one moment and before another.
    pub(crate) fn may_lie(self, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        match self {
            Day::Of { first, last } => {
                since.is_none_or(|since| since <= last) && until.is_none_or(|until| first < until)
            }
            Day::Untimed => since.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "part-50fa004d8acf00778f14afad8d34f015.parquet";

    fn at(text: &str) -> Option<Timestamp> {
        Some(date::parse(text).unwrap().from)
    }

    #[test]
    fn a_day_is_in_a_range_that_touches_it() {
        let day = Day::of(&Path::new("store/day=2026-03-02/dataset=zeek.conn").join(PART)).unwrap();
        for (since, until, may) in [
            (None, None, true),
            (at("2026-03-02T23:59:59.999999999Z"), None, true),
            (at("2026-03-03T00:00:00Z"), None, false),
            (None, at("2026-03-02T00:00:00Z"), false),
            (None, at("2026-03-02T00:00:00.000000001Z"), true),
            (at("2026-03-01T00:00:00Z"), at("2026-03-04T00:00:00Z"), true),
        ] {
            assert_eq!(day.may_lie(since, until), may, "{since:?} {until:?}");
        }
        let untimed = Day::of(&Path::new("day=none/dataset=d").join(PART)).unwrap();
        assert!(untimed.may_lie(None, at("2026-03-02")));
        assert!(!untimed.may_lie(at("2026-03-02"), None));
    }

    #[test]
    fn names_that_no_import_gives_say_nothing() {
        for path in [
            format!("store/day=2026-03-02/{PART}"),
            format!("store/day=2026-03/dataset=d/{PART}"),
            format!("store/day=1772409600000/dataset=d/{PART}"),
            format!("store/day=2026-02-30/dataset=d/{PART}"),
            format!("store/day=2026-03-02/dataset=d/more/{PART}"),
            "store/day=2026-03-02/dataset=d/mine.parquet".to_owned(),
            "store/day=2026-03-02/dataset=d/part-1.parquet".to_owned(),
        ] {
            assert_eq!(Day::of(Path::new(&path)), None, "{path}");
        }
    }
}
