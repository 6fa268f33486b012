//! Zones: offsets from UTC, and regions by the names of the IANA database.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::functions::calendar::{Civil, DAY_NANOS, SECOND_NANOS, epoch_nanos};
use crate::value::Value;

/// A zone.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
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
    Gmt {
        /// Whether hours have two digits, and minutes follow in any case.
        full: bool,
    },
    /// `PST`, `UTC`, or what an identifier is; a long name is the identifier.
    Name {
        /// Whether the long name is meant.
        full: bool,
    },
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
            ('z', 1..=3) | ('v', 1) => Some(ZoneStyle::Name { full: false }),
            ('z' | 'v', 4) => Some(ZoneStyle::Name { full: true }),
            ('O', 1) => Some(ZoneStyle::Gmt { full: false }),
            ('O' | 'Z', 4) => Some(ZoneStyle::Gmt { full: true }),
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

    /// How the zone of a moment is written, given the seconds that its clock is ahead of UTC then.
    pub(super) fn write(self, zone: &Zone, moment: &Civil) -> String {
        match self {
            ZoneStyle::Offset { utc, .. } if moment.offset == 0 => utc.to_owned(),
            ZoneStyle::Offset { colon, minutes, seconds, .. } => {
                written(moment.offset, colon, minutes, seconds)
            }
            ZoneStyle::Gmt { .. } if moment.offset == 0 => "GMT".to_owned(),
            ZoneStyle::Gmt { full: true } => {
                format!("GMT{}", written(moment.offset, true, Minutes::Always, true))
            }
            ZoneStyle::Gmt { full: false } => format!("GMT{}", short(moment.offset)),
            ZoneStyle::Any if moment.offset == 0 => "Z".to_owned(),
            ZoneStyle::Any => written(moment.offset, true, Minutes::Always, true),
            ZoneStyle::Name { full: false } => zone.abbreviation(moment),
            ZoneStyle::Name { full: true } | ZoneStyle::Id => zone.id(),
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
            ZoneStyle::Gmt { .. } => {
                let rest = text.strip_prefix("GMT")?;
                colons(true)(rest).or_else(|| hour(rest)).unwrap_or((0, rest))
            }
            ZoneStyle::Any => match text.strip_prefix('Z') {
                Some(rest) => (0, rest),
                None => {
                    colons(true)(text).or_else(|| colons(false)(text)).or_else(|| short(text))?
                }
            },
            ZoneStyle::Name { .. } | ZoneStyle::Id => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || "/_+-:".contains(c);
                let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
                let (name, rest) = text.split_at(end);
                let region =
                    || self != ZoneStyle::Id && ABBREVIATIONS.iter().any(|(own, _)| *own == name);
                let zone = if region() { abbreviation(name) } else { Zone::parse(name) };
                return zone.map(|zone| (zone, rest));
            }
        };
        Some((Zone::Offset(seconds), rest))
    }
}

impl Zone {
    /// UTC.
    pub(crate) const UTC: Zone = Zone::Offset(0);

    /// The zone of an identifier: `Z`, `+01:00`, `UTC+1`, `Europe/Berlin`.
    pub(crate) fn parse(id: &str) -> Option<Zone> {
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
    pub(crate) fn moment(&self, epoch_day: i64, nano_of_day: i64) -> Option<i128> {
        let local = i128::from(epoch_day) * DAY_NANOS + i128::from(nano_of_day);
        match self {
            Zone::Offset(seconds) => Some(local - i128::from(*seconds) * i128::from(SECOND_NANOS)),
            Zone::Region(zone) => {
                let ahead = match ambiguous(zone, local) {
                    // The clock skips this time: it is counted as if it had not been moved yet.
                    AmbiguousOffset::Unambiguous { offset }
                    | AmbiguousOffset::Gap { before: offset, .. }
                    | AmbiguousOffset::Fold { before: offset, .. } => offset,
                };
                Some(utc(local, ahead))
            }
        }
    }

    /// The date and the time of day that clocks in the zone show at a moment of either kind.
    pub(crate) fn civil(&self, moment: Value<'_>) -> Option<Civil> {
        epoch_nanos(moment).map(|nanos| self.civil_at(nanos))
    }

    /// The same at a moment in nanoseconds since the epoch.
    pub(crate) fn civil_at(&self, nanos: i128) -> Civil {
        let offset = self.offset(nanos);
        let shown = Civil::at(nanos + i128::from(offset) * i128::from(SECOND_NANOS));
        Civil { offset, ..shown }
    }

    /// Seconds that clocks in the zone are ahead of UTC at a moment in nanoseconds since the epoch. What the calendar of
    /// zones does not reach is as its end.
    pub(crate) fn offset(&self, nanos: i128) -> i64 {
        match self {
            Zone::Offset(seconds) => *seconds,
            Zone::Region(zone) => zone.to_offset(instant(nanos)).seconds().into(),
        }
    }

    /// The last moment not behind `until` at which clocks in the zone show the time `local`, both in nanoseconds since
    /// the epoch and of the clock; the first moment behind it where they never do.
    pub(crate) fn last_showing(&self, local: i128, until: i128) -> i128 {
        match self {
            Zone::Offset(seconds) => local - i128::from(*seconds) * i128::from(SECOND_NANOS),
            Zone::Region(zone) => match ambiguous(zone, local) {
                AmbiguousOffset::Unambiguous { offset } => utc(local, offset),
                AmbiguousOffset::Fold { before, after } => {
                    let later = utc(local, after);
                    if later <= until { later } else { utc(local, before) }
                }
                AmbiguousOffset::Gap { before, .. } => {
                    let skipped = zone.preceding(instant(utc(local, before) + 1)).next();
                    skipped.map_or(utc(local, before), |at| at.timestamp().as_nanosecond())
                }
            },
        }
    }

    /// `+01:00`, `Z`, `Europe/Berlin`
    fn id(&self) -> String {
        match self {
            Zone::Offset(0) => "Z".to_owned(),
            Zone::Offset(seconds) => written(*seconds, true, Minutes::Always, true),
            Zone::Region(zone) => zone.iana_name().unwrap_or("Z").to_owned(),
        }
    }

    /// `CET`, `CEST`; an offset where the zone has no such names.
    fn abbreviation(&self, moment: &Civil) -> String {
        let Zone::Region(zone) = self else { return self.id() };
        let local = i128::from(moment.epoch_day) * DAY_NANOS + i128::from(moment.nano_of_day);
        let at = instant(local - i128::from(moment.offset) * i128::from(SECOND_NANOS));
        zone.to_offset_info(at).abbreviation().to_owned()
    }
}

/// A moment for the calendar of zones, which does not reach as far as columns do.
fn instant(nanos: i128) -> Timestamp {
    Timestamp::from_nanosecond(nanos).unwrap_or(if nanos < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Which offsets a zone has when its clocks show this.
fn ambiguous(zone: &TimeZone, local: i128) -> AmbiguousOffset {
    match shown(&Civil::at(local)) {
        Some(shown) => zone.to_ambiguous_timestamp(shown).offset(),
        None => AmbiguousOffset::Unambiguous { offset: zone.to_offset(instant(local)) },
    }
}

fn utc(local: i128, ahead: Offset) -> i128 {
    local - i128::from(ahead.seconds()) * i128::from(SECOND_NANOS)
}

/// An offset in one of its forms.
fn written(offset: i64, colon: bool, minutes: Minutes, seconds: bool) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hour, minute, second) = (offset.abs() / 3_600, offset.abs() / 60 % 60, offset.abs() % 60);
    let separator = if colon { ":" } else { "" };
    let part = |wanted: bool, number: i64| {
        if wanted { format!("{separator}{number:02}") } else { String::new() }
    };
    let minutes = part(minutes == Minutes::Always || minute != 0, minute);
    format!("{sign}{hour:02}{minutes}{}", part(seconds && second != 0, second))
}

/// `+1`, `+5:30`
fn short(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hour, minute) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
    if minute == 0 { format!("{sign}{hour}") } else { format!("{sign}{hour}:{minute:02}") }
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
