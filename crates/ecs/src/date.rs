//! Moments: ISO 8601 and epoch numbers in, ISO 8601 out, and the custom formats of Elasticsearch mappings.
//!
//! The default format of a `date` field is `strict_date_optional_time||epoch_millis`
//! (Elasticsearch reference, "Built-in formats").

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The moments a text can stand for: a text with fewer parts stands for its whole span.
///
/// `2017-08-30T20:47:33Z` is everything from `.000` to `.999999999` of that second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The last moment, inclusive.
    pub to: Timestamp,
}

impl Span {
    fn exact(moment: Timestamp) -> Span {
        Span { from: moment, to: moment }
    }
}

/// Reads ISO 8601 with any tail missing (`2017`, `2017-08-30T20:47`), or a number of epoch milliseconds.
///
/// Without a zone the time is UTC. A blank may stand for the `T`, as many exports write it.
pub fn parse(text: &str) -> Option<Span> {
    iso(text).or_else(|| epoch_millis_text(text).map(Span::exact))
}

/// The moment of a number of epoch milliseconds.
pub fn from_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

/// The moment of a number of epoch nanoseconds.
pub fn from_nanos(nanos: i64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(nanos.into()).ok()
}

/// Cuts a moment to whole milliseconds, as a `date` field keeps it.
pub fn to_millis(moment: Timestamp) -> Timestamp {
    let floor = moment.as_nanosecond().div_euclid(1_000_000);
    i64::try_from(floor).ok().and_then(from_millis).unwrap_or(moment)
}

/// `1970-01-01T00:00:00.000Z`, with more digits only where there are any below the millisecond.
pub fn format(moment: Timestamp) -> String {
    let precision = if moment.subsec_nanosecond() % 1_000_000 == 0 { 3 } else { 9 };
    format!("{moment:.precision$}")
}

fn epoch_millis_text(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if digits.is_empty() || !numeric(digits) || !numeric(fraction) || 6 < fraction.len() {
        return None;
    }
    let millis: i64 = whole.parse().ok()?;
    let nanos: i64 = format!("{fraction:0<6}").parse().ok()?;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Timestamp::from_nanosecond(i128::from(millis) * 1_000_000 + i128::from(sign * nanos)).ok()
}

fn iso(text: &str) -> Option<Span> {
    let mut cursor = Cursor { rest: text.as_bytes() };
    let year = cursor.number(4, 4)?;
    let mut parts = Parts::new(year);
    if cursor.take(b'-') {
        parts.month = Some(cursor.number(2, 2)?);
        if cursor.take(b'-') {
            parts.day = Some(cursor.number(2, 2)?);
            if cursor.take(b'T') || cursor.take(b't') || cursor.take(b' ') {
                iso_time(&mut cursor, &mut parts)?;
            }
        }
    }
    if parts.hour.is_some() {
        parts.offset_seconds = cursor.zone()?;
    }
    cursor.rest.is_empty().then(|| parts.span())?
}

fn iso_time(cursor: &mut Cursor<'_>, parts: &mut Parts) -> Option<()> {
    if cursor.rest.is_empty() {
        return Some(());
    }
    parts.hour = Some(cursor.number(2, 2)?);
    if !cursor.take(b':') {
        return Some(());
    }
    parts.minute = Some(cursor.number(2, 2)?);
    if !cursor.take(b':') {
        return Some(());
    }
    parts.second = Some(cursor.number(2, 2)?);
    if cursor.take(b'.') || cursor.take(b',') {
        parts.nanos = Some(cursor.fraction()?);
    }
    Some(())
}

/// What a text said of a moment; what it did not say is `None`.
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    /// Nanoseconds, and how many digits were written.
    nanos: Option<(i64, u32)>,
    offset_seconds: i32,
}

impl Parts {
    fn new(year: i64) -> Parts {
        Parts {
            year,
            month: None,
            day: None,
            hour: None,
            minute: None,
            second: None,
            nanos: None,
            offset_seconds: 0,
        }
    }

    fn span(&self) -> Option<Span> {
        let from = self.moment(0, 0, 0, 0)?;
        let last_nanos = match self.nanos {
            // A fraction of three digits is exact to the millisecond, so it is a moment, not a span.
            Some((nanos, _)) => nanos,
            None => 999_999_999,
        };
        // Missing months and days stay at 1, as Elasticsearch rounds up (reference, "Missing date components").
        let to = self.moment(23, 59, 59, last_nanos)?;
        Some(Span { from, to })
    }

    fn moment(&self, hour: i64, minute: i64, second: i64, nanos: i64) -> Option<Timestamp> {
        let narrow = |number: i64| i8::try_from(number).ok();
        let date = Date::new(
            i16::try_from(self.year).ok()?,
            narrow(self.month.unwrap_or(1))?,
            narrow(self.day.unwrap_or(1))?,
        )
        .ok()?;
        let time = jiff::civil::Time::new(
            narrow(self.hour.unwrap_or(hour))?,
            narrow(self.minute.unwrap_or(minute))?,
            // A leap second is read as the last second of its minute.
            narrow(self.second.unwrap_or(second).min(59))?,
            i32::try_from(self.nanos.map_or(nanos, |(nanos, _)| nanos)).ok()?,
        )
        .ok()?;
        let offset = Offset::from_seconds(self.offset_seconds).ok()?;
        offset.to_timestamp(DateTime::from_parts(date, time)).ok()
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self.rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Some(number.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }

    /// Digits after the point as nanoseconds; digits past the ninth are read and dropped.
    fn fraction(&mut self) -> Option<(i64, u32)> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let (fraction, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let nanos = (0..9).fold(0, |sum, i| {
            sum * 10 + fraction.get(i).map_or(0, |digit| i64::from(digit - b'0'))
        });
        Some((nanos, digits.min(9) as u32))
    }

    /// `Z`, `+02`, `+0200`, `+02:00` or nothing (UTC), in seconds east of Greenwich.
    fn zone(&mut self) -> Option<i32> {
        if self.take(b'Z') || self.take(b'z') || self.rest.is_empty() {
            return Some(0);
        }
        let sign = if self.take(b'+') {
            1
        } else if self.take(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.number(2, 2)?;
        let minutes = if self.take(b':') || self.rest.first().is_some_and(u8::is_ascii_digit) {
            self.number(2, 2)?
        } else {
            0
        };
        i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

/// A mapping's `format`: alternatives separated by `||`, tried in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Alternative {
    Iso,
    EpochMillis,
    EpochSecond,
    Pattern(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Year(usize),
    Month(usize),
    Day(usize),
    Hour(usize),
    Minute(usize),
    Second(usize),
    Fraction,
    Zone,
    Literal(u8),
}

impl Format {
    /// Reads a mapping's `format`; the error names the part that is not supported.
    pub fn parse(format: &str) -> Result<Format, String> {
        let alternatives = format.split("||").map(alternative).collect::<Result<_, _>>()?;
        Ok(Format { alternatives })
    }

    /// Reads a text by the first alternative that takes it.
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        self.alternatives.iter().find_map(|alternative| match alternative {
            Alternative::Iso => iso(text).map(|span| span.from),
            Alternative::EpochMillis => epoch_millis_text(text),
            Alternative::EpochSecond => {
                text.parse().ok().and_then(|s| Timestamp::from_second(s).ok())
            }
            Alternative::Pattern(pieces) => read_pattern(pieces, text),
        })
    }
}

fn alternative(name: &str) -> Result<Alternative, String> {
    Ok(match name.trim() {
        "strict_date_optional_time"
        | "date_optional_time"
        | "strict_date_optional_time_nanos"
        | "strict_date_time"
        | "date_time"
        | "strict_date"
        | "iso8601" => Alternative::Iso,
        "epoch_millis" => Alternative::EpochMillis,
        "epoch_second" => Alternative::EpochSecond,
        pattern => Alternative::Pattern(pieces(pattern)?),
    })
}

fn pieces(pattern: &str) -> Result<Vec<Piece>, String> {
    let bytes = pattern.as_bytes();
    let mut found = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let byte = bytes[i];
        let run = bytes[i..].iter().take_while(|&&b| b == byte).count();
        match byte {
            b'y' | b'u' => found.push(Piece::Year(run)),
            b'M' | b'L' if run <= 2 => found.push(Piece::Month(run)),
            b'd' => found.push(Piece::Day(run)),
            b'H' => found.push(Piece::Hour(run)),
            b'm' => found.push(Piece::Minute(run)),
            b's' => found.push(Piece::Second(run)),
            b'S' | b'n' => found.push(Piece::Fraction),
            b'X' | b'x' | b'Z' => found.push(Piece::Zone),
            b'\'' => {
                let end =
                    pattern[i + 1..].find('\'').ok_or("a quote in the date format has no end")?;
                found.extend(pattern[i + 1..i + 1 + end].bytes().map(Piece::Literal));
                i += end + 2;
                continue;
            }
            letter if letter.is_ascii_alphabetic() => {
                let name = &pattern[i..i + run];
                return Err(format!("`{name}` in the date format `{pattern}` is not supported"));
            }
            other => found.extend(std::iter::repeat_n(Piece::Literal(other), run)),
        }
        i += run;
    }
    Ok(found)
}

fn read_pattern(pieces: &[Piece], text: &str) -> Option<Timestamp> {
    let mut cursor = Cursor { rest: text.as_bytes() };
    let mut parts = Parts::new(1970);
    let width = |run: usize| if run == 1 { (1, 9) } else { (run, run) };
    for piece in pieces {
        match *piece {
            Piece::Year(run) => {
                let (least, most) = width(run);
                parts.year = cursor.number(least, most)?;
                if run == 2 {
                    parts.year += 2000;
                }
            }
            Piece::Month(run) => parts.month = Some(cursor.number(run, 2)?),
            Piece::Day(run) => parts.day = Some(cursor.number(run, 2)?),
            Piece::Hour(run) => parts.hour = Some(cursor.number(run, 2)?),
            Piece::Minute(run) => parts.minute = Some(cursor.number(run, 2)?),
            Piece::Second(run) => parts.second = Some(cursor.number(run, 2)?),
            Piece::Fraction => parts.nanos = Some(cursor.fraction()?),
            Piece::Zone => parts.offset_seconds = cursor.zone()?,
            Piece::Literal(byte) => cursor.take(byte).then_some(())?,
        }
    }
    cursor.rest.is_empty().then(|| parts.moment(0, 0, 0, 0))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn iso_texts_read_in_full_and_in_part() {
        for (text, from, to) in [
            ("2017-08-30T20:47:33Z", "2017-08-30T20:47:33Z", "2017-08-30T20:47:33.999999999Z"),
            ("2017-08-30T20:47:33.5Z", "2017-08-30T20:47:33.5Z", "2017-08-30T20:47:33.5Z"),
            ("2017-08-30", "2017-08-30T00:00:00Z", "2017-08-30T23:59:59.999999999Z"),
            ("2017-08-30T20:47+0200", "2017-08-30T18:47:00Z", "2017-08-30T18:47:59.999999999Z"),
            (
                "2021-06-06 15:59:46.123456789",
                "2021-06-06T15:59:46.123456789Z",
                "2021-06-06T15:59:46.123456789Z",
            ),
            ("1516116808349", "2018-01-16T15:33:28.349Z", "2018-01-16T15:33:28.349Z"),
            ("1", "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"),
        ] {
            assert_eq!(parse(text), Some(Span { from: at(from), to: at(to) }), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday",
            "2017-13-01",
            "2017-02-30",
            "20:47:33",
            "2017-08-30T20:47:33Zx",
            "1e3",
            "-",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn mapping_formats_read_their_own_layout() {
        let format = Format::parse("dd-MM-yyyy||yyyy/MM/dd HH:mm:ss.SSS").unwrap();
        assert_eq!(format.read("12-12-2022"), Some(at("2022-12-12T00:00:00Z")));
        assert_eq!(format.read("2022/12/13 01:02:03.250"), Some(at("2022-12-13T01:02:03.25Z")));
        assert_eq!(format.read("2022-12-13"), None);
        assert!(Format::parse("EEE dd").unwrap_err().contains("EEE"));
    }

    #[test]
    fn moments_print_with_the_digits_they_have() {
        assert_eq!(format(at("1970-01-01T00:00:00Z")), "1970-01-01T00:00:00.000Z");
        assert_eq!(format(at("1970-01-01T00:00:00.000000001Z")), "1970-01-01T00:00:00.000000001Z");
        assert_eq!(to_millis(at("1969-12-31T23:59:59.9999Z")), at("1969-12-31T23:59:59.999Z"));
    }
}
