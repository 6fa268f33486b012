//! Dates with date math: `now-5m`, `now/d`, `2026-01-31||+1M/d`.
//!
//! Elasticsearch, "Date math". All of it is UTC. Rounding gives a span: its start is what `>=` and `<` mean, its end what
//! `<=` and `>` mean.

use brokerwatch_ecs::{Timestamp, date};
use brokerwatch_expr::Literal;
use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::limits::DATE_MATH_DIGITS_MAX;

/// What is wrong with a text that should be a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DateError {
    /// It is neither a date nor date math.
    NoDate,
    /// It says `now`, which nobody gave.
    NoNow,
    /// The math cannot be read; the rest from where that is so.
    Math(String),
    /// The moment is out of bounds.
    OutOfBounds,
}

/// The moments that a text stands for.
pub(super) fn read(text: &str, now: Option<Timestamp>) -> Result<Literal, DateError> {
    let (anchor, steps) = if let Some(math) = text.strip_prefix("now") {
        let steps = steps(math)?;
        (now.ok_or(DateError::NoNow)?, steps)
    } else if let Some((anchor, math)) = text.split_once("||") {
        (date::parse(anchor).ok_or(DateError::NoDate)?.from, steps(math)?)
    } else {
        let span = date::parse(text).ok_or(DateError::NoDate)?;
        return Ok(Literal::Date { from: span.from, to: span.to });
    };
    let at = Offset::UTC.to_datetime(anchor);
    let end = |round_up| {
        let moment = steps.iter().try_fold(at, |at, step| step.apply(at, round_up))?;
        Offset::UTC.to_timestamp(moment).ok()
    };
    let from = end(false).ok_or(DateError::OutOfBounds)?;
    let to = end(true).ok_or(DateError::OutOfBounds)?;
    Ok(Literal::Date { from, to })
}

/// Whether a text is meant as date math on the present.
pub(super) fn speaks_of_now(text: &str) -> bool {
    text.strip_prefix("now").is_some_and(|math| steps(math).is_ok())
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Add(i64, DateUnit),
    Round(DateUnit),
}

#[derive(Debug, Clone, Copy)]
enum DateUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

fn steps(math: &str) -> Result<Vec<Step>, DateError> {
    let mut steps = Vec::new();
    let mut rest = math;
    while !rest.is_empty() {
        let (step, after) = step(rest).ok_or_else(|| DateError::Math(rest.to_owned()))?;
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

/// The step at the front of a text, and what follows it.
fn step(text: &str) -> Option<(Step, &str)> {
    let mut characters = text.chars();
    let sign = characters.next()?;
    let rest = characters.as_str();
    if sign == '/' {
        let (unit, after) = unit(rest)?;
        return Some((Step::Round(unit), after));
    }
    let factor = match sign {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if DATE_MATH_DIGITS_MAX < digits {
        return None;
    }
    let count = if digits == 0 { 1 } else { rest[..digits].parse::<i64>().ok()? };
    let (unit, after) = unit(&rest[digits..])?;
    Some((Step::Add(factor * count, unit), after))
}

fn unit(text: &str) -> Option<(DateUnit, &str)> {
    let mut characters = text.chars();
    let unit = match characters.next()? {
        'y' => DateUnit::Year,
        'M' => DateUnit::Month,
        'w' => DateUnit::Week,
        'd' => DateUnit::Day,
        'h' | 'H' => DateUnit::Hour,
        'm' => DateUnit::Minute,
        's' => DateUnit::Second,
        _ => return None,
    };
    Some((unit, characters.as_str()))
}

impl Step {
    /// The moment after this step; `None` if it is out of bounds.
    fn apply(self, at: DateTime, round_up: bool) -> Option<DateTime> {
        match self {
            Step::Add(count, unit) => at.checked_add(unit.span(count)?).ok(),
            Step::Round(unit) if round_up => {
                let next = unit.floor(at)?.checked_add(unit.span(1)?).ok()?;
                next.checked_sub(Span::new().nanoseconds(1)).ok()
            }
            Step::Round(unit) => unit.floor(at),
        }
    }
}

impl DateUnit {
    fn span(self, count: i64) -> Option<Span> {
        let span = Span::new();
        match self {
            DateUnit::Year => span.try_years(count),
            DateUnit::Month => span.try_months(count),
            DateUnit::Week => span.try_weeks(count),
            DateUnit::Day => span.try_days(count),
            DateUnit::Hour => span.try_hours(count),
            DateUnit::Minute => span.try_minutes(count),
            DateUnit::Second => span.try_seconds(count),
        }
        .ok()
    }

    /// The first moment of the unit that a moment lies in; weeks begin on Monday.
    fn floor(self, at: DateTime) -> Option<DateTime> {
        let day = at.date();
        let midnight = match self {
            DateUnit::Year => day.first_of_year(),
            DateUnit::Month => day.first_of_month(),
            DateUnit::Week => {
                let passed = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(Span::new().days(passed)).ok()?
            }
            DateUnit::Day => day,
            DateUnit::Hour => {
                return at.with().minute(0).second(0).subsec_nanosecond(0).build().ok();
            }
            DateUnit::Minute => return at.with().second(0).subsec_nanosecond(0).build().ok(),
            DateUnit::Second => return at.with().subsec_nanosecond(0).build().ok(),
        };
        Some(midnight.at(0, 0, 0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-18T10:20:30.4Z"; // a Wednesday

    #[track_caller]
    fn check(text: &str, from: &str, to: &str) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let read = read(text, Some(at(NOW)));
        assert_eq!(read, Ok(Literal::Date { from: at(from), to: at(to) }), "{text}");
    }

    #[test]
    fn math_moves_and_rounds() {
        check("now", NOW, NOW);
        check("now-5m", "2026-03-18T10:15:30.4Z", "2026-03-18T10:15:30.4Z");
        check("now-m+2h", "2026-03-18T12:19:30.4Z", "2026-03-18T12:19:30.4Z");
        check("now/d", "2026-03-18T00:00:00Z", "2026-03-18T23:59:59.999999999Z");
        check("now/w", "2026-03-16T00:00:00Z", "2026-03-22T23:59:59.999999999Z");
        check("now-1M/M", "2026-02-01T00:00:00Z", "2026-02-28T23:59:59.999999999Z");
        check("now/y", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999999999Z");
        check("now/H", "2026-03-18T10:00:00Z", "2026-03-18T10:59:59.999999999Z");
        check("now/m", "2026-03-18T10:20:00Z", "2026-03-18T10:20:59.999999999Z");
        check("now/s", "2026-03-18T10:20:30Z", "2026-03-18T10:20:30.999999999Z");
        check("2024-01-31||+1M", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z");
        check("2024-01-01||/d", "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999999999Z");
        check("2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999999999Z");
    }

    #[test]
    fn what_is_no_date_is_told_apart() {
        let now = Some(NOW.parse().unwrap());
        for (text, error) in [
            ("nowhere", DateError::Math("here".to_owned())),
            ("now-5", DateError::Math("-5".to_owned())),
            ("now-5m/2d", DateError::Math("/2d".to_owned())),
            ("now-1234567890s", DateError::Math("-1234567890s".to_owned())),
            ("now+é", DateError::Math("+é".to_owned())),
            ("soon||+1d", DateError::NoDate),
            ("2024-13-01", DateError::NoDate),
            ("now+999999999y", DateError::OutOfBounds),
            ("9999-12-29||+2d", DateError::OutOfBounds),
        ] {
            assert_eq!(read(text, now), Err(error), "{text}");
        }
        assert_eq!(read("now-5m", None), Err(DateError::NoNow));
    }
}
