//! Text to moments.

use brokerwatch_ecs::date::Format;

use super::field::{
    COUNT, Field, MODIFIED_JULIAN_EPOCH, first_week, hour_in_period, iso_monday, local_day,
};
use super::zone::Zone;
use super::{DatePattern, Layout, Number, Piece, Sign};
use crate::functions::calendar::{
    DAY_NANOS, HOUR_NANOS, MILLI_NANOS, MINUTE_NANOS, SECOND_NANOS, epoch_day, month_days, weekday,
};

/// The last year of Java's calendar, which is as far from year 0 as the first one.
const YEAR_MAX: i64 = 999_999_999;

impl DatePattern {
    /// Reads a moment, in nanoseconds since the epoch, by the first alternative that takes the text. A text that says
    /// no zone is of the given one.
    pub(in crate::functions) fn read(&self, text: &str, zone: &Zone) -> Option<i128> {
        self.layouts.iter().find_map(|layout| match layout {
            Layout::Iso(format) => read_iso(format, text, zone),
            Layout::EpochMillis(format) | Layout::EpochSecond(format) => {
                format.read(text).map(jiff::Timestamp::as_nanosecond)
            }
            Layout::Pieces { pieces, strict } => {
                let mut reader = Reader { rest: text, said: Said::default() };
                reader.pieces(pieces)?;
                if !reader.rest.is_empty() {
                    return None;
                }
                reader.said.moment(*strict, zone)
            }
        })
    }
}

/// ISO 8601 with any tail missing. The format of documents also takes a blank for the `T`, this one does not.
fn read_iso(format: &Format, text: &str, zone: &Zone) -> Option<i128> {
    let time = text.get(10..).unwrap_or_default();
    if !(time.is_empty() || time.starts_with('T')) {
        return None;
    }
    let shown = format.read(text)?.as_nanosecond();
    if time.contains(['Z', 'z', '+', '-']) {
        return Some(shown);
    }
    zone.moment(shown.div_euclid(DAY_NANOS) as i64, shown.rem_euclid(DAY_NANOS) as i64)
}

/// A text that is being read.
#[derive(Clone)]
struct Reader<'t> {
    rest: &'t str,
    said: Said,
}

/// What a text said of a moment.
#[derive(Clone, Default)]
struct Said {
    fields: [Option<i64>; COUNT],
    zone: Option<Zone>,
}

/// The text says a date that does not exist, or two different times.
struct NoSuchMoment;

impl Reader<'_> {
    fn pieces(&mut self, pieces: &[Piece]) -> Option<()> {
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Number(number) => {
                    let value = self.number(*number, reserved(&pieces[at + 1..]))?;
                    self.said.set(number.field, value)?;
                }
                Piece::ShortYear(field) => {
                    let year = 2_000 + self.digits(2, 2)?;
                    self.said.set(*field, year)?;
                }
                Piece::Text(field, style) => {
                    let value = self.name(&field.names(*style))?;
                    self.said.set(*field, value)?;
                }
                Piece::Fraction(digits) => self.fraction(*digits, *digits)?,
                Piece::AnyFraction => self.fraction(1, 9)?,
                Piece::Zone(style) => {
                    let (zone, rest) = style.read(self.rest)?;
                    self.said.zone = Some(zone);
                    self.rest = rest;
                }
                Piece::Literal(text) => self.rest = self.rest.strip_prefix(text.as_str())?,
                Piece::Padded(width, piece) => self.padded(*width, piece)?,
                Piece::Optional(section) => {
                    let before = self.clone();
                    if self.pieces(section).is_none() {
                        *self = before;
                    }
                }
            }
        }
        Some(())
    }

    /// Just so many characters, of which those in front may be blanks.
    fn padded(&mut self, width: usize, piece: &Piece) -> Option<()> {
        let end = self.rest.char_indices().map(|(at, _)| at).chain([self.rest.len()]).nth(width)?;
        let (text, behind) = self.rest.split_at(end);
        self.rest = text.trim_start_matches(' ');
        self.pieces(std::slice::from_ref(piece))?;
        self.rest.is_empty().then(|| self.rest = behind)
    }

    /// A number that leaves the `reserved` last digits of its run to the numbers behind it.
    fn number(&mut self, number: Number, reserved: usize) -> Option<i64> {
        let (plus, minus) = (self.rest.starts_with('+'), self.rest.starts_with('-'));
        let signed = match number.sign {
            Sign::None => false,
            Sign::Normal => minus,
            Sign::Exceeds => plus || minus,
        };
        let from = usize::from(signed);
        let run = self.rest[from..].bytes().take(number.most + reserved);
        let run = run.take_while(u8::is_ascii_digit).count();
        let digits = run.min(run.saturating_sub(reserved).max(number.least));
        if digits < number.least {
            return None;
        }
        let value: i64 = self.rest[from..from + digits].parse().ok()?;
        let exceeds = number.least < digits;
        let fits = if signed && minus {
            value != 0
        } else {
            number.sign != Sign::Exceeds || exceeds == signed
        };
        self.rest = &self.rest[from + digits..];
        fits.then_some(if signed && minus { -value } else { value })
    }

    /// Digits without a sign.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits.parse().ok()
    }

    fn fraction(&mut self, least: usize, most: usize) -> Option<()> {
        let before = self.rest.len();
        let value = self.digits(least, most)?;
        let used = before - self.rest.len();
        let nanos = value * 10_i64.pow(9_u32.saturating_sub(used as u32));
        self.said.set(Field::Nano, nanos)
    }

    /// The value with the longest name that the text begins with. A name of two values says nothing.
    fn name(&mut self, names: &[(i64, &str)]) -> Option<i64> {
        let found = |(_, name): &&(i64, &str)| self.rest.starts_with(name);
        let (value, name) = names.iter().filter(found).max_by_key(|(_, name)| name.len())?;
        if names.iter().any(|(other, same)| same == name && other != value) {
            return None;
        }
        self.rest = &self.rest[name.len()..];
        Some(*value)
    }
}

/// How many digits the numbers of fixed width take that stand right behind a number.
fn reserved(behind: &[Piece]) -> usize {
    let widths = behind.iter().map_while(|piece| match piece {
        Piece::Number(number) if number.is_fixed() => Some(number.least),
        Piece::ShortYear(_) => Some(2),
        Piece::Fraction(digits) => Some(*digits),
        _ => None,
    });
    widths.sum()
}

impl Said {
    fn get(&self, field: Field) -> Option<i64> {
        self.fields[field as usize]
    }

    /// A value in its range, when there is none yet or the same.
    fn set(&mut self, field: Field, value: i64) -> Option<()> {
        let (first, last) = range(field);
        let known = &mut self.fields[field as usize];
        if value < first || last < value || known.is_some_and(|known| known != value) {
            return None;
        }
        *known = Some(value);
        Some(())
    }

    fn moment(&self, strict: bool, zone: &Zone) -> Option<i128> {
        let time = self.time().ok()?;
        let day = match self.whole_date(strict).ok()? {
            Some(day) => self.agreeing(day)?,
            None => self.partial_date(strict, time.is_some())?,
        };
        self.zone.as_ref().unwrap_or(zone).moment(day, time.unwrap_or_default())
    }

    fn year(&self) -> Option<i64> {
        self.get(Field::Year).or_else(|| {
            let year = self.get(Field::YearOfEra)?;
            Some(if self.get(Field::Era) == Some(0) { 1 - year } else { year })
        })
    }

    /// The epoch day, if the text says a whole date.
    fn whole_date(&self, strict: bool) -> Result<Option<i64>, NoSuchMoment> {
        if let Some(year) = self.year() {
            if let Some((month, day)) = self.get(Field::Month).zip(self.get(Field::Day)) {
                return date(year, month, day, strict).map(Some).ok_or(NoSuchMoment);
            }
            if let Some(day) = self.get(Field::DayOfYear) {
                let day = epoch_day(year, 1, 1) + day - 1;
                let exists = day < epoch_day(year + 1, 1, 1);
                return if exists { Ok(Some(day)) } else { Err(NoSuchMoment) };
            }
        }
        if let Some(day) = self.get(Field::ModifiedJulianDay) {
            return Ok(Some(day - MODIFIED_JULIAN_EPOCH));
        }
        if let Some((year, week)) = self.get(Field::IsoWeekYear).zip(self.get(Field::IsoWeek)) {
            let monday = iso_monday(year, week).ok_or(NoSuchMoment)?;
            return Ok(Some(monday + self.get(Field::DayOfWeek).unwrap_or(1) - 1));
        }
        let local = self.get(Field::LocalDay);
        let local = local.or_else(|| self.get(Field::DayOfWeek).map(|day| day % 7 + 1));
        let week = self.get(Field::WeekYear).zip(self.get(Field::WeekOfYear)).zip(local);
        Ok(week.map(|((year, week), day)| first_week(year) + (week - 1) * 7 + day - 1))
    }

    /// A day whose name is the one that the text says, if it says one.
    fn agreeing(&self, day: i64) -> Option<i64> {
        let agrees = |field, value| self.get(field).is_none_or(|said| said == value);
        let name =
            agrees(Field::DayOfWeek, weekday(day)) && agrees(Field::LocalDay, local_day(day));
        name.then_some(day)
    }

    /// The first day of what the text says. A text that says no year is of 1970, as in Elasticsearch.
    fn partial_date(&self, strict: bool, has_time: bool) -> Option<i64> {
        let (month, day) = (self.get(Field::Month), self.get(Field::Day));
        match self.year() {
            Some(year) => date(year, month.unwrap_or(1), 1, strict),
            None if month.is_some() => date(1970, month?, day.unwrap_or(1), strict),
            None if has_time => Some(0),
            None => self.get(Field::WeekYear).map(first_week),
        }
    }

    /// Nanoseconds since midnight, if the text says the hour.
    fn time(&self) -> Result<Option<i64>, NoSuchMoment> {
        let millis = || self.get(Field::MilliOfDay).map(|millis| millis * MILLI_NANOS);
        let whole = self
            .get(Field::NanoOfDay)
            .or_else(|| Some(millis()? + self.get(Field::Nano).unwrap_or_default() % MILLI_NANOS));
        if whole.is_some() {
            return Ok(whole);
        }
        let clock = |field, hours| self.get(field).map(|hour| hour % hours);
        let of_half = self.get(Field::HourOfHalf).or_else(|| clock(Field::ClockHourOfHalf, 12));
        let half = self.get(Field::HalfDay).zip(of_half).map(|(half, hour)| half * 12 + hour);
        let period = self.get(Field::DayPeriod).zip(of_half);
        let in_period = period.map(|(period, hour)| hour_in_period(period, hour));
        let half = half.or(in_period);
        let said = [self.get(Field::Hour), clock(Field::ClockHour, 24), half];
        let Some(hour) = said.into_iter().flatten().next() else { return Ok(None) };
        if said.into_iter().flatten().any(|other| other != hour) {
            return Err(NoSuchMoment);
        }
        let part = |field, unit: i64| self.get(field).unwrap_or_default() * unit;
        let minute = part(Field::Minute, MINUTE_NANOS);
        let second = part(Field::Second, SECOND_NANOS) + part(Field::Nano, 1);
        Ok(Some(hour * HOUR_NANOS + minute + second))
    }
}

/// An epoch day. A day behind the month's last one is the last one, or, strictly, none.
fn date(year: i64, month: i64, day: i64, strict: bool) -> Option<i64> {
    let last = month_days(year, month);
    (day <= last || !strict).then(|| epoch_day(year, month, day.min(last)))
}

/// The least and the greatest value.
fn range(field: Field) -> (i64, i64) {
    match field {
        Field::Era | Field::HalfDay => (0, 1),
        Field::DayPeriod => (0, 5),
        Field::AlignedWeek => (1, 5),
        Field::ModifiedJulianDay => (-YEAR_MAX * 366, YEAR_MAX * 366),
        Field::Year | Field::WeekYear | Field::IsoWeekYear => (-YEAR_MAX, YEAR_MAX),
        Field::YearOfEra => (1, YEAR_MAX),
        Field::Quarter => (1, 4),
        Field::Month | Field::ClockHourOfHalf => (1, 12),
        Field::WeekOfYear => (1, 54),
        Field::IsoWeek => (1, 53),
        Field::WeekOfMonth => (0, 6),
        Field::Day => (1, 31),
        Field::DayOfYear => (1, 366),
        Field::DayOfWeek | Field::LocalDay => (1, 7),
        Field::HourOfHalf => (0, 11),
        Field::ClockHour => (1, 24),
        Field::Hour => (0, 23),
        Field::Minute | Field::Second => (0, 59),
        Field::Nano => (0, SECOND_NANOS - 1),
        Field::MilliOfDay => (0, 86_400_000 - 1),
        Field::NanoOfDay => (0, 86_400_000_000_000 - 1),
    }
}
