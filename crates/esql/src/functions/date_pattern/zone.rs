//! Zones: offsets from UTC, and regions by the names of the IANA database.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::functions::calendar::{Civil, DAY_NANOS, SECOND_NANOS};

/// A zone.
#[derive(Debug, Clone)]
pub(in crate::functions) enum Zone {
    /// Seconds east of Greenwich.
    Offset(i64),
    /// A region with a history of offsets.
    Region(TimeZone),
}

/// How a zone is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ZoneStyle {
    /// `+01:00` in one of its forms.
    Offset {
        /// What stands for UTC.
        utc: &'static str,
        /// Whether `Z` is read.
        z: bool,
        colon: bool,
        minutes: Minutes,
        seconds: bool,
    },
    /// `GMT`, `GMT+1`, `GMT+01:00`
    Gmt,
    /// `PST`, `UTC`, or what an identifier is.
    Name,
    /// `Europe/Berlin`, `UTC`, `+01:00`
    Id,
    /// Any offset, `Z` for UTC.
    Any,
}

/// Whether minutes follow the hours of an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Minutes {
    IfAny,
    Always,
}

/// The names of zones that Java knows by their abbreviations and the IANA database does not.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Paris"),
    ("CST", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("EEST", "Europe/Bucharest"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("MDT", "America/Denver"),
    ("MSK", "Europe/Moscow"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
    ("WEST", "Europe/Lisbon"),
];

impl ZoneStyle {
    /// The style of a run of a letter, if Java has one.
    pub(super) fn of(letter: char, run: usize) -> Option<ZoneStyle> {
        let offset = |utc, z, colon, minutes, seconds| {
            Some(ZoneStyle::Offset { utc, z, colon, minutes, seconds })
        };
        match (letter, run) {
            ('V', 2) => Some(ZoneStyle::Id),
            ('z', 1..=4) => Some(ZoneStyle::Name),
            ('O', 1 | 4) | ('Z', 4) => Some(ZoneStyle::Gmt),
            ('X', 1) => offset("Z", true, false, Minutes::IfAny, false),
            ('X', 2) => offset("Z", true, false, Minutes::Always, false),
            ('X', 3) => offset("Z", true, true, Minutes::Always, false),
            ('X', 4) => offset("Z", true, false, Minutes::Always, true),
            ('X' | 'Z', 5) => offset("Z", true, true, Minutes::Always, true),
            ('x', 1) => offset("+00", false, false, Minutes::IfAny, false),
            ('x', 2) | ('Z', 1..=3) => offset("+0000", false, false, Minutes::Always, false),
            ('x', 3) => offset("+00:00", false, true, Minutes::Always, false),
            ('x', 4) => offset("+0000", false, false, Minutes::Always, true),
            ('x', 5) => offset("+00:00", false, true, Minutes::Always, true),
            _ => None,
        }
    }

    /// How UTC is written.
    pub(super) fn utc(self) -> &'static str {
        match self {
            ZoneStyle::Offset { utc, .. } => utc,
            ZoneStyle::Gmt => "GMT",
            ZoneStyle::Name | ZoneStyle::Id | ZoneStyle::Any => "Z",
        }
    }

    /// Reads a zone from the beginning of a text, and gives what is behind it.
    pub(super) fn read(self, text: &str) -> Option<(Zone, &str)> {
        let colons = |colon| move |text| offset(text, colon, Minutes::Always, true);
        let short = |text| offset(text, false, Minutes::IfAny, false);
        let (seconds, rest) = match self {
            ZoneStyle::Offset { z, colon, minutes, seconds, .. } => match text.strip_prefix('Z') {
                Some(rest) if z => (0, rest),
                _ => offset(text, colon, minutes, seconds)?,
            },
            ZoneStyle::Gmt => {
                let rest = text.strip_prefix("GMT")?;
                colons(true)(rest).or_else(|| hour(rest)).unwrap_or((0, rest))
            }
            ZoneStyle::Any => match text.strip_prefix('Z') {
                Some(rest) => (0, rest),
                None => {
                    colons(true)(text).or_else(|| colons(false)(text)).or_else(|| short(text))?
                }
            },
            ZoneStyle::Name | ZoneStyle::Id => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || "/_+-:".contains(c);
                let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
                let (name, rest) = text.split_at(end);
                let region =
                    || self == ZoneStyle::Name && ABBREVIATIONS.iter().any(|(own, _)| *own == name);
                let zone = if region() { abbreviation(name) } else { Zone::parse(name) };
                return zone.map(|zone| (zone, rest));
            }
        };
        Some((Zone::Offset(seconds), rest))
    }
}

impl Zone {
    /// UTC.
    pub(in crate::functions) const UTC: Zone = Zone::Offset(0);

    /// The zone of an identifier: `Z`, `+01:00`, `UTC+1`, `Europe/Berlin`.
    pub(in crate::functions) fn parse(id: &str) -> Option<Zone> {
        let number =
            ["UTC", "GMT", "UT"].into_iter().find_map(|name| id.strip_prefix(name)).unwrap_or(id);
        if id == "Z" || (number.is_empty() && !id.is_empty()) {
            return Some(Zone::UTC);
        }
        let colon = number.contains(':');
        let forms = [
            offset(number, colon, Minutes::Always, true),
            offset(number, false, Minutes::IfAny, false),
            hour(number),
        ];
        let whole = forms.into_iter().flatten().find(|(_, rest)| rest.is_empty());
        match whole {
            Some((seconds, _)) => Some(Zone::Offset(seconds)),
            None => TimeZone::get(id).ok().map(Zone::Region),
        }
    }

    /// The moment, in nanoseconds since the epoch, at which clocks in the zone show this. Of a time that a clock
    /// skips the later moment is taken, and of one that it shows twice the earlier one, as Java does.
    pub(super) fn moment(&self, epoch_day: i64, nano_of_day: i64) -> Option<i128> {
        let local = i128::from(epoch_day) * DAY_NANOS + i128::from(nano_of_day);
        match self {
            Zone::Offset(seconds) => Some(local - i128::from(*seconds) * i128::from(SECOND_NANOS)),
            Zone::Region(zone) => {
                let shown = zone.to_timestamp(shown(&Civil::at(local))?).ok()?;
                Some(shown.as_nanosecond())
            }
        }
    }
}

fn shown(at: &Civil) -> Option<DateTime> {
    let small = |number: i64| i8::try_from(number).ok();
    DateTime::new(
        i16::try_from(at.year).ok()?,
        small(at.month)?,
        small(at.day)?,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
        i32::try_from(at.nano()).ok()?,
    )
    .ok()
}

fn abbreviation(name: &str) -> Option<Zone> {
    let (_, region) = ABBREVIATIONS.iter().find(|(own, _)| *own == name)?;
    TimeZone::get(region).ok().map(Zone::Region)
}

/// `+01:00` and its other forms, in seconds.
fn offset(text: &str, colon: bool, minutes: Minutes, seconds: bool) -> Option<(i64, &str)> {
    let (sign, rest) = sign(text)?;
    let (hours, rest) = two_digits(rest)?;
    let next = |rest| separated(rest, colon);
    let (minutes, rest) = match (next(rest), minutes) {
        (Some(found), _) => found,
        (None, Minutes::IfAny) => (0, rest),
        (None, Minutes::Always) => return None,
    };
    let (seconds, rest) = seconds.then(|| next(rest)).flatten().unwrap_or((0, rest));
    let total = hours * 3_600 + minutes * 60 + seconds;
    // Java takes no zone further than 18 hours.
    (minutes < 60 && seconds < 60 && total <= 18 * 3_600).then_some((sign * total, rest))
}

/// `+1`, in seconds.
fn hour(text: &str) -> Option<(i64, &str)> {
    let (sign, rest) = sign(text)?;
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let hours: i64 = rest[..digits].parse().ok()?;
    (hours <= 18).then_some((sign * hours * 3_600, &rest[digits..]))
}

fn sign(text: &str) -> Option<(i64, &str)> {
    match text.strip_prefix('+') {
        Some(rest) => Some((1, rest)),
        None => text.strip_prefix('-').map(|rest| (-1, rest)),
    }
}

fn separated(text: &str, colon: bool) -> Option<(i64, &str)> {
    two_digits(if colon { text.strip_prefix(':')? } else { text })
}

fn two_digits(text: &str) -> Option<(i64, &str)> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    Some((digits.parse().ok()?, &text[2..]))
}
