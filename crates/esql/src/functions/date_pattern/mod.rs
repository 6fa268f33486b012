//! Patterns of dates as `DATE_FORMAT` and `DATE_PARSE` take them: the letters of Java's `DateTimeFormatter`, the names
//! of Elasticsearch's built-in formats, and alternatives separated by `||`.
//!
//! Texts are English.

mod field;
mod named;
mod read;
mod write;
mod zone;

use brokerwatch_ecs::date::Format;

use crate::limits::{DATE_PATTERN_DEPTH_MAX, DATE_PATTERN_PAD_MAX};
use field::Field;
pub(crate) use write::iso;
pub(crate) use zone::Zone;
use zone::ZoneStyle;

/// The format that is taken where none is given.
pub(super) const DEFAULT: &str = "strict_date_optional_time";

/// A pattern, ready to write and to read moments.
#[derive(Debug)]
pub(super) struct DatePattern {
    text: String,
    layouts: Vec<Layout>,
}

/// One alternative.
#[derive(Debug)]
enum Layout {
    /// ISO 8601 with any tail missing.
    Iso(Format),
    /// A number of milliseconds since the epoch.
    EpochMillis(Format),
    /// A number of seconds since the epoch.
    EpochSecond(Format),
    /// What the letters say. A strict layout refuses 30 February where others take the month's last day.
    Pieces { pieces: Vec<Piece>, strict: bool },
}

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Number(Number),
    /// The last two digits of a year from 2000 on.
    ShortYear(Field),
    /// A name of the field's value.
    Text(Field, Style),
    /// So many digits of the second's fraction.
    Fraction(usize),
    /// One to nine digits of the second's fraction, of which at least three are written.
    AnyFraction,
    Zone(ZoneStyle),
    Literal(String),
    /// `[...]`: always written, and read if it is there.
    Optional(Vec<Piece>),
    /// So many characters, with blanks in front.
    Padded(usize, Box<Piece>),
}

/// A field as digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    field: Field,
    least: usize,
    most: usize,
    sign: Sign,
}

/// When a number has a sign (Java's `SignStyle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Never.
    None,
    /// If it is negative.
    Normal,
    /// If it is negative, or has more digits than its letters.
    Exceeds,
}

/// How long a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Short,
    Full,
    Narrow,
}

impl Number {
    /// Just so many digits: what stands before them knows how many to leave.
    fn is_fixed(self) -> bool {
        self.least == self.most
    }
}

impl DatePattern {
    /// Reads a pattern; the error is Elasticsearch's message.
    pub(super) fn parse(text: &str) -> Result<DatePattern, String> {
        let layouts = text.split("||").map(layout).collect::<Result<_, _>>()?;
        Ok(DatePattern { text: text.to_owned(), layouts })
    }

    /// The pattern as given.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

fn layout(text: &str) -> Result<Layout, String> {
    if let Some(layout) = named::layout(text) {
        return Ok(layout);
    }
    match pieces(text) {
        Ok(pieces) => Ok(Layout::Pieces { pieces, strict: false }),
        Err(reason) => Err(format!("Invalid format: [{text}]: {reason}")),
    }
}

/// The pieces of a pattern of letters. Open sections are kept on a stack of their own.
fn pieces(pattern: &str) -> Result<Vec<Piece>, String> {
    let mut stack: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let run = rest.chars().take_while(|next| *next == first).count();
        let mut used = first.len_utf8();
        match first {
            '[' if DATE_PATTERN_DEPTH_MAX < stack.len() => {
                return Err(format!(
                    "more than {DATE_PATTERN_DEPTH_MAX} optional sections in each other"
                ));
            }
            '[' => stack.push(Vec::new()),
            ']' if stack.len() < 2 => {
                return Err("Pattern invalid as it contains ] without previous [".to_owned());
            }
            ']' => close(&mut stack),
            '\'' => {
                let (text, bytes) = quoted(rest).ok_or_else(|| {
                    format!("Pattern ends with an incomplete string literal: {pattern}")
                })?;
                push(&mut stack, Piece::Literal(text));
                used = bytes;
            }
            '{' | '}' | '#' => {
                return Err(format!("Pattern includes reserved character: '{first}'"));
            }
            'p' => {
                let (piece, letters) = padded(run, &rest[run..], pattern)?;
                push(&mut stack, piece);
                used = run + letters;
            }
            letter if letter.is_ascii_alphabetic() => {
                push(&mut stack, piece(letter, run)?);
                used = run;
            }
            other => push(&mut stack, Piece::Literal(other.to_string())),
        }
        rest = &rest[used..];
    }
    // A section that is not closed ends with the pattern.
    while 1 < stack.len() {
        close(&mut stack);
    }
    Ok(stack.pop().unwrap_or_default())
}

/// What `width` letters `p` pad, and how many letters that is.
fn padded(width: usize, behind: &str, pattern: &str) -> Result<(Piece, usize), String> {
    if DATE_PATTERN_PAD_MAX < width {
        return Err(format!("more than {DATE_PATTERN_PAD_MAX} pattern letters: p"));
    }
    let letter = behind.chars().next().filter(|next| next.is_ascii_alphabetic() && *next != 'p');
    let letter = letter.ok_or_else(|| {
        format!("Pad letter 'p' must be followed by valid pad pattern: {pattern}")
    })?;
    let run = behind.chars().take_while(|next| *next == letter).count();
    Ok((Piece::Padded(width, Box::new(piece(letter, run)?)), run))
}

fn push(stack: &mut [Vec<Piece>], piece: Piece) {
    if let Some(open) = stack.last_mut() {
        open.push(piece);
    }
}

fn close(stack: &mut Vec<Vec<Piece>>) {
    if let Some(section) = stack.pop() {
        push(stack, Piece::Optional(section));
    }
}

/// The text behind an opening quote, where two quotes are one, and the bytes up to its end. `''` alone is a quote.
fn quoted(from: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let end = at + from[at..].find('\'')?;
        text.push_str(&from[at..end]);
        if !from[end + 1..].starts_with('\'') {
            return Some((if end == 1 { "'".to_owned() } else { text }, end + 1));
        }
        text.push('\'');
        at = end + 2;
    }
}

/// What a run of one letter stands for.
fn piece(letter: char, run: usize) -> Result<Piece, String> {
    let number = |field, least, most, sign| Piece::Number(Number { field, least, most, sign });
    let one_or_two = |field| match run {
        1 => Some(number(field, 1, 19, Sign::Normal)),
        2 => Some(number(field, 2, 2, Sign::None)),
        _ => None,
    };
    let text = |field| match run {
        1..=3 => Some(Piece::Text(field, Style::Short)),
        4 => Some(Piece::Text(field, Style::Full)),
        5 => Some(Piece::Text(field, Style::Narrow)),
        _ => None,
    };
    let digits_or_text = |field| if run < 3 { one_or_two(field) } else { text(field) };
    let year = |field| match run {
        2 => Some(Piece::ShortYear(field)),
        1 | 3 => Some(number(field, run, 19, Sign::Normal)),
        4..=19 => Some(number(field, run, 19, Sign::Exceeds)),
        _ => None,
    };
    let wide = |field| (run <= 19).then(|| number(field, run, 19, Sign::None));
    let found = match letter {
        'G' => text(Field::Era),
        'u' => year(Field::Year),
        'y' => year(Field::YearOfEra),
        'Y' => year(Field::WeekYear),
        'M' | 'L' => digits_or_text(Field::Month),
        'Q' | 'q' => digits_or_text(Field::Quarter),
        'd' => one_or_two(Field::Day),
        'D' if run == 1 => one_or_two(Field::DayOfYear),
        'D' if run <= 3 => Some(number(Field::DayOfYear, run, 3, Sign::None)),
        'E' => text(Field::DayOfWeek),
        'e' if run < 3 => one_or_two(Field::LocalDay),
        'c' if run == 1 => one_or_two(Field::LocalDay),
        'e' | 'c' if run != 2 => text(Field::DayOfWeek),
        'w' => one_or_two(Field::WeekOfYear),
        'W' if run == 1 => one_or_two(Field::WeekOfMonth),
        'a' if run == 1 => Some(Piece::Text(Field::HalfDay, Style::Short)),
        'h' => one_or_two(Field::ClockHourOfHalf),
        'K' => one_or_two(Field::HourOfHalf),
        'k' => one_or_two(Field::ClockHour),
        'H' => one_or_two(Field::Hour),
        'm' => one_or_two(Field::Minute),
        's' => one_or_two(Field::Second),
        'S' if run <= 9 => Some(Piece::Fraction(run)),
        'n' => wide(Field::Nano),
        'A' => wide(Field::MilliOfDay),
        'N' => wide(Field::NanoOfDay),
        'B' if matches!(run, 1 | 4 | 5) => text(Field::DayPeriod),
        'F' if run == 1 => one_or_two(Field::AlignedWeek),
        'g' if run <= 19 => Some(number(Field::ModifiedJulianDay, run, 19, Sign::Normal)),
        'V' | 'v' | 'z' | 'O' | 'X' | 'x' | 'Z' => ZoneStyle::of(letter, run).map(Piece::Zone),
        'D' | 'c' | 'e' | 'W' | 'a' | 'S' | 'B' | 'F' | 'g' => None,
        _ => return Err(format!("Unknown pattern letter: {letter}")),
    };
    found.ok_or_else(|| format!("Too many pattern letters: {letter}"))
}

#[cfg(test)]
mod tests;
