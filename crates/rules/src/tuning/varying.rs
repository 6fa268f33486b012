//! The parts of paths and command lines that differ from host to host or from day to day: users, versions, identifiers.
//!
//! Only such a part becomes a wildcard, and only where it does differ among the alerts.

use std::collections::BTreeSet;

use super::Asked;
use crate::limits::TUNED_EXAMPLES_MAX;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    text: String,
    /// What it is, if it is of a kind that may differ.
    kind: Option<&'static str>,
}

/// A part in which alerts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varies {
    /// The field.
    pub field: &'static str,
    /// What differs: `user`, `version`, `number`, `identifier`, `name` or `address`.
    pub what: &'static str,
    /// Some of the values, in order.
    pub examples: Vec<String>,
    /// How many there are.
    pub count: usize,
}

impl Varies {
    pub(super) fn new(field: &'static str, what: &'static str, mut values: Vec<String>) -> Varies {
        let count = values.len();
        values.truncate(TUNED_EXAMPLES_MAX);
        Varies { field, what, examples: values, count }
    }
}

impl Part {
    pub(super) fn fixed(text: &str) -> Part {
        Part { text: text.to_owned(), kind: None }
    }
}

/// A text in its parts.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut before = String::new();
    for piece in text.split_inclusive(['/', '\\', ' ']) {
        let word = piece.trim_end_matches(['/', '\\', ' ']);
        let is_user = matches!(before.as_str(), "home" | "users") && word.len() < piece.len();
        if is_user && !word.is_empty() && !word.eq_ignore_ascii_case("public") {
            all.push(Part { text: word.to_owned(), kind: Some("user") });
        } else {
            add_word(word, &mut all);
        }
        add_fixed(&piece[word.len()..], &mut all);
        before = word.to_ascii_lowercase();
    }
    all
}

fn add_fixed(text: &str, all: &mut Vec<Part>) {
    match all.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.kind.is_none() => last.text.push_str(text),
        _ => all.push(Part::fixed(text)),
    }
}

/// The parts of a word: runs of hexadecimal digits with dashes, and of digits with dots.
fn add_word(word: &str, all: &mut Vec<Part>) {
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        // Inside of a longer word such digits are letters of it.
        let taken = if letter.is_ascii_hexdigit() { identifier(rest) } else { 0 };
        if 0 < taken {
            all.push(Part { text: rest[..taken].to_owned(), kind: Some("identifier") });
            rest = &rest[taken..];
            continue;
        }
        if letter.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let run = rest[..end].trim_end_matches('.');
            let kind = if run.contains('.') { "version" } else { "number" };
            all.push(Part { text: run.to_owned(), kind: Some(kind) });
            rest = &rest[run.len()..];
            continue;
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(at, c)| {
                c.is_ascii_digit()
                    || (c.is_ascii_hexdigit() && 0 < identifier(&rest[*at..]) && is_edge(rest, *at))
            })
            .map_or(rest.len(), |(at, _)| at);
        add_fixed(&rest[..end], all);
        rest = &rest[end..];
    }
}

/// Whether no letter or digit stands before a place.
fn is_edge(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric())
}

/// Fewest hexadecimal digits that are taken for an identifier.
const IDENTIFIER_DIGITS_MIN: usize = 12;

/// How long an identifier is at the beginning of a text; 0 if there is none. By chance five of eight hexadecimal digits
/// are no letters; where fewer than two are, it is a word.
fn identifier(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(text.len());
    let run = text[..end].trim_end_matches('-');
    let goes_on = text[run.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
    let digits = run.chars().filter(char::is_ascii_digit).count();
    let letters = run.chars().filter(char::is_ascii_alphabetic).count();
    let is_long = IDENTIFIER_DIGITS_MIN <= digits + letters;
    if is_long && digits + letters <= 4 * digits && 0 < letters && !goes_on { run.len() } else { 0 }
}

/// What texts of one group share; what may differ is told by its kind.
pub(super) fn skeleton(parts: &[Part]) -> String {
    let shown = parts.iter().map(|part| match part.kind {
        Some(kind) => format!("<{kind}>"),
        None => part.text.clone(),
    });
    shown.collect()
}

/// One entry for texts of one skeleton, with the parts in which they differ.
pub(super) fn joined(field: &'static str, texts: &[&[Part]]) -> (Asked, Vec<Varies>) {
    let first = texts[0];
    let mut varies = Vec::new();
    let mut pattern = String::new();
    for (at, part) in first.iter().enumerate() {
        let values: BTreeSet<&str> =
            texts.iter().filter_map(|text| text.get(at)).map(|own| own.text.as_str()).collect();
        match part.kind {
            Some(kind) if 1 < values.len() => {
                pattern.push('*');
                let values = values.into_iter().map(str::to_owned).collect();
                varies.push(Varies::new(field, kind, values));
            }
            _ => pattern.push_str(&escaped(&part.text)),
        }
    }
    if varies.is_empty() {
        let whole: String = first.iter().map(|part| part.text.as_str()).collect();
        return (Asked::value(field, &whole), varies);
    }
    (Asked { field, values: vec![pattern], is_pattern: true }, varies)
}

/// A text as a pattern takes it for itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '*' | '?') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
