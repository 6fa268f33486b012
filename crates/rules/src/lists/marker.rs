//! Where the markers of a query stand, and what they fill.

use std::ops::Range;

use brokerwatch_expr::{Diagnostic, Span};

use super::codes;
use super::file::is_name;
use crate::report::excerpt;

/// A marker and the places that it could fill, which of the two is for its list to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The name of the list.
    pub(super) name: String,
    /// The groups it names.
    pub(super) groups: Vec<String>,
    /// The marker itself.
    pub(super) span: Range<usize>,
    /// From the marker to the end of the list of values that it stands in, if it stands in one.
    pub(super) list: Option<Range<usize>>,
    /// The one value that follows.
    pub(super) one: Option<Range<usize>>,
}

/// A piece of a query, as far as markers need to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Open,
    Close,
    Comma,
    /// A comment between `/*` and `*/`.
    Comment,
    /// A word, a number or a text.
    Value,
    Sign,
}

/// The markers of a query in EQL or ES|QL, and what is wrong with those that are none.
pub(super) fn find(query: &str) -> (Vec<Marker>, Vec<Diagnostic>) {
    let pieces = pieces(query);
    let mut markers: Vec<Marker> = Vec::new();
    let mut found = Vec::new();
    for (i, (_, span)) in
        pieces.iter().enumerate().filter(|(_, (piece, _))| *piece == Piece::Comment)
    {
        let inner = query[span.clone()].trim_start_matches("/*").trim_end_matches("*/").trim();
        let Some(named) = inner.strip_prefix('$') else { continue };
        match name_and_groups(named) {
            Some((name, groups)) => markers.push(Marker {
                name,
                groups,
                span: span.clone(),
                list: list_after(&pieces, i),
                one: value_after(&pieces, i, query),
            }),
            None => found.push(no_marker(Span::new(span.clone()), inner)),
        }
    }
    for i in 1..markers.len() {
        let next = markers[i].span.clone();
        let Some(list) = markers[i - 1].list.clone() else { continue };
        // A marker after a comma of the same list begins what is its own; the comma belongs to neither.
        let shares = markers[i].list.as_ref().is_some_and(|other| other.end == list.end);
        if shares && list.contains(&next.start) {
            let comma = query[..next.start].rfind(',').unwrap_or(next.start);
            markers[i - 1].list = Some(list.start..comma.max(list.start));
        }
    }
    (markers, found)
}

/// `Name.group.group`
pub(super) fn name_and_groups(text: &str) -> Option<(String, Vec<String>)> {
    let mut parts = text.split('.');
    let name = parts.next().filter(|name| is_name(name))?.to_owned();
    let groups: Vec<String> = parts.map(str::to_owned).collect();
    groups.iter().all(|group| is_name(group)).then_some((name, groups))
}

pub(super) fn no_marker(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error(codes::SYNTAX, span, format!("`{}` is no marker", excerpt(text)))
        .help("write `$Name`, or `$Name.group` with one group or more")
}

/// From the end of comment `i` to the end of its list of values, if it stands directly after an opening bracket or comma.
fn list_after(pieces: &[(Piece, Range<usize>)], i: usize) -> Option<Range<usize>> {
    let before = pieces[..i].iter().rev().find(|(piece, _)| *piece != Piece::Comment)?;
    if !matches!(before.0, Piece::Open | Piece::Comma) {
        return None;
    }
    let mut depth = 0_usize;
    for (piece, span) in &pieces[i + 1..] {
        match piece {
            Piece::Open => depth += 1,
            Piece::Close if depth == 0 => return Some(pieces[i].1.end..span.start),
            Piece::Close => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The value that follows comment `i`: a minus belongs to its number, and a unit to its count.
fn value_after(pieces: &[(Piece, Range<usize>)], i: usize, query: &str) -> Option<Range<usize>> {
    let mut rest = pieces[i + 1..].iter();
    let (piece, first) = rest.next()?;
    let negative = *piece == Piece::Sign && &query[first.clone()] == "-";
    let value = match piece {
        Piece::Value => first,
        _ if negative => &rest.next().filter(|(piece, _)| *piece == Piece::Value)?.1,
        _ => return None,
    };
    let is_count = query[value.clone()].bytes().all(|b| b.is_ascii_digit());
    let unit = rest.next().filter(|(piece, next)| {
        let whole = query.get(value.start..next.end).unwrap_or_default();
        is_count && *piece == Piece::Value && super::literal::millis(whole).is_some()
    });
    Some(first.start..unit.map_or(value.end, |(_, unit)| unit.end))
}

/// The elements of a list of values, without the spaces and comments around each.
pub(super) fn elements(query: &str, list: Range<usize>) -> Vec<Range<usize>> {
    let mut elements: Vec<Range<usize>> = Vec::new();
    let mut current: Option<Range<usize>> = None;
    let mut depth = 0_usize;
    for (piece, span) in pieces(&query[list.clone()]) {
        let span = list.start + span.start..list.start + span.end;
        match piece {
            Piece::Comma if depth == 0 => elements.extend(current.take()),
            Piece::Comment => {}
            _ => {
                match piece {
                    Piece::Open => depth += 1,
                    Piece::Close => depth = depth.saturating_sub(1),
                    _ => {}
                }
                let start = current.as_ref().map_or(span.start, |current| current.start);
                current = Some(start..span.end);
            }
        }
    }
    elements.extend(current);
    elements
}

fn pieces(query: &str) -> Vec<(Piece, Range<usize>)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(c) = query[at..].chars().next() {
        let rest = &query[at..];
        let (piece, length) = match c {
            _ if c.is_whitespace() => (None, c.len_utf8()),
            _ if rest.starts_with("/*") => (Some(Piece::Comment), closed_by(rest, 2, "*/")),
            _ if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("\"\"\"") => (Some(Piece::Value), closed_by(rest, 3, "\"\"\"")),
            '"' => (Some(Piece::Value), text_length(rest)),
            '`' => (Some(Piece::Value), closed_by(rest, 1, "`")),
            '(' | '[' => (Some(Piece::Open), 1),
            ')' | ']' => (Some(Piece::Close), 1),
            ',' => (Some(Piece::Comma), 1),
            _ if is_word(c) => {
                (Some(Piece::Value), rest.find(|c| !is_word(c)).unwrap_or(rest.len()))
            }
            _ => (Some(Piece::Sign), c.len_utf8()),
        };
        pieces.extend(piece.map(|piece| (piece, at..at + length)));
        at += length;
    }
    pieces
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '@')
}

/// The length of what begins with `skip` bytes and goes on to `end`, or to the end of the text.
fn closed_by(text: &str, skip: usize, end: &str) -> usize {
    text[skip..].find(end).map_or(text.len(), |at| skip + at + end.len())
}

/// The length of a text between quotes, in which a backslash takes the next sign along.
pub(super) fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
