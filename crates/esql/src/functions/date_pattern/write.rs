//! Moments to text.

use std::fmt::Write;

use super::zone::ZoneStyle;
use super::{DatePattern, Layout, Number, Piece, Sign, Zone};
use crate::functions::calendar::{Civil, MILLI_NANOS, SECOND_NANOS};

impl DatePattern {
    /// Writes a moment, in nanoseconds since the epoch, as clocks in a zone show it. Of several alternatives the first is
    /// written.
    pub(in crate::functions) fn write(&self, nanos: i128, zone: &Zone) -> String {
        let mut out = String::new();
        let moment = zone.civil_at(nanos);
        match self.layouts.first() {
            Some(Layout::Iso(_)) => write_iso(&moment, zone, &mut out),
            Some(Layout::EpochMillis(_)) => write_epoch(nanos, MILLI_NANOS, &mut out),
            Some(Layout::EpochSecond(_)) => write_epoch(nanos, SECOND_NANOS, &mut out),
            Some(Layout::Pieces { pieces, .. }) => write_pieces(pieces, &moment, zone, &mut out),
            None => {}
        }
        out
    }
}

/// A moment, in nanoseconds since the epoch, as ISO 8601 in UTC.
pub(crate) fn iso(nanos: i128) -> String {
    let mut out = String::new();
    write_iso(&Zone::UTC.civil_at(nanos), &Zone::UTC, &mut out);
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string never fails");
}

fn write_iso(moment: &Civil, zone: &Zone, out: &mut String) {
    write_signed(moment.year, 4, Sign::Exceeds, out);
    put(
        out,
        format_args!(
            "-{:02}-{:02}T{:02}:{:02}:{:02}.",
            moment.month,
            moment.day,
            moment.hour(),
            moment.minute(),
            moment.second()
        ),
    );
    write_fraction(moment, out);
    out.push_str(&ZoneStyle::Any.write(zone, moment));
}

/// At least three digits, and more as long as they are not zero.
fn write_fraction(moment: &Civil, out: &mut String) {
    let digits = format!("{:09}", moment.nano());
    let used = digits.trim_end_matches('0').len().max(3);
    out.push_str(&digits[..used]);
}

fn write_epoch(nanos: i128, unit: i64, out: &mut String) {
    put(out, format_args!("{}", nanos.div_euclid(unit.into())));
}

fn write_pieces(pieces: &[Piece], moment: &Civil, zone: &Zone, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Number(Number { field, least, sign, .. }) => {
                write_signed(field.at(moment), *least, *sign, out);
            }
            Piece::ShortYear(field) => {
                write_signed(field.at(moment).abs() % 100, 2, Sign::None, out);
            }
            Piece::Text(field, style) => {
                let value = field.at(moment);
                let name = field.names(*style).into_iter().find(|(named, _)| *named == value);
                out.push_str(name.map(|(_, name)| name).unwrap_or_default());
            }
            Piece::Fraction(digits) => out.push_str(&format!("{:09}", moment.nano())[..*digits]),
            Piece::AnyFraction => write_fraction(moment, out),
            Piece::Zone(style) => out.push_str(&style.write(zone, moment)),
            Piece::Literal(text) => out.push_str(text),
            Piece::Optional(pieces) => write_pieces(pieces, moment, zone, out),
            Piece::Padded(width, piece) => {
                let mut text = String::new();
                write_pieces(std::slice::from_ref(piece), moment, zone, &mut text);
                put(out, format_args!("{text:>width$}"));
            }
        }
    }
}

fn write_signed(value: i64, least: usize, sign: Sign, out: &mut String) {
    let digits = value.unsigned_abs().to_string();
    if value < 0 {
        out.push('-');
    } else if sign == Sign::Exceeds && least < digits.len() {
        out.push('+');
    }
    put(out, format_args!("{digits:0>least$}"));
}
