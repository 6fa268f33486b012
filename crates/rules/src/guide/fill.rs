//! Templates, `{{field}}`, and what stands for them in Markdown and in SQL.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Values;
use crate::limits::{GUIDE_VALUE_CHARS_MAX, GUIDE_VALUES_MAX};

/// A template in a text: what stands before it, its field, and what stands behind it.
pub(super) fn template(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, behind) = rest.split_once("}}")?;
    // A third brace on each side is Mustache's way to ask for no escapes.
    let behind =
        if name.starts_with('{') { behind.strip_prefix('}').unwrap_or(behind) } else { behind };
    Some((before, name.trim_matches(|c: char| c == '{' || c.is_whitespace()), behind))
}

/// Where a template stands in Markdown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In prose: the value becomes a span of code, in which nothing is markup.
    Prose,
    /// In code: the value stands as it is, without what could end the code.
    Code,
    /// In an address: the value is encoded.
    Address,
}

/// Fills a line of Markdown; the fields that the alert lacks are said in their place and added to `missing`.
pub(super) fn markdown(
    line: &str,
    is_code: bool,
    values: &Values,
    missing: &mut BTreeSet<String>,
) -> String {
    let is_row = !is_code && line.trim_start().starts_with('|');
    let (mut filled, mut rest) = (String::new(), line);
    while let Some((before, name, behind)) = template(rest) {
        filled.push_str(before);
        // What was filled in so far closes all that it opens, so the place is that in the line as written.
        let written = &line[..line.len() - rest.len() + before.len()];
        let place = if is_code { Place::Code } else { place(written) };
        let found = values.get(name);
        if found.is_empty() {
            missing.insert(cut(name));
            filled.extend(["(no ", &plain(name), " in the alert)"]);
        } else {
            let text = several(found, place);
            filled.push_str(&if is_row { text.replace('|', "\\|") } else { text });
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Where the end of a piece of a line is.
fn place(written: &str) -> Place {
    if is_in_code(written) {
        return Place::Code;
    }
    let target = written.rsplit_once("](").map(|(_, target)| target);
    let word = written.rsplit(char::is_whitespace).next().unwrap_or_default();
    if target.is_some_and(|target| !target.contains(')')) || word.contains("://") {
        return Place::Address;
    }
    Place::Prose
}

/// Whether a span of code is open at the end of a text: it ends with as many backticks as it began with.
fn is_in_code(text: &str) -> bool {
    let (mut open, mut rest) = (0, text);
    while let Some(at) = rest.find('`') {
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        open = match open {
            0 => run,
            other if other == run => 0,
            other => other,
        };
        rest = &rest[at + run..];
    }
    open != 0
}

fn several(values: &[String], place: Place) -> String {
    let shown: Vec<String> =
        values.iter().take(GUIDE_VALUES_MAX).map(|value| one(value, place)).collect();
    let more = values.len().saturating_sub(GUIDE_VALUES_MAX);
    let text = shown.join(", ");
    match place {
        Place::Address => shown.into_iter().next().unwrap_or_default(),
        _ if more == 0 => text,
        _ => format!("{text} and {more} more"),
    }
}

fn one(value: &str, place: Place) -> String {
    match place {
        Place::Prose => code(value),
        Place::Code => plain(value),
        Place::Address => encoded(value),
    }
}

/// A value as a span of code in Markdown, whatever is in it.
pub fn code(value: &str) -> String {
    let value = without_controls(&cut(value));
    let ticks = "`".repeat(longest_run(&value) + 1);
    // A blank keeps a backtick at an edge of the value apart from those around it.
    let blank = if value.starts_with('`') || value.ends_with('`') { " " } else { "" };
    format!("{ticks}{blank}{value}{blank}{ticks}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A value for a place in code, where a backtick could end it.
fn plain(value: &str) -> String {
    without_controls(&cut(value)).replace('`', "'")
}

/// A value for a place in an address.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in cut(value).bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// A value that is not too long to be read.
fn cut(value: &str) -> String {
    match value.char_indices().nth(GUIDE_VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

fn without_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The fence that is open behind a line: how many of which character opened it.
pub(super) fn fence_after(open: Option<(char, usize)>, line: &str) -> Option<(char, usize)> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'));
    let run = mark.map_or(0, |mark| line.len() - line.trim_start_matches(mark).len());
    match (open, mark) {
        (None, Some(mark)) if 3 <= run => Some((mark, run)),
        (Some((of, least)), Some(mark)) if of == mark && least <= run => None,
        (open, _) => open,
    }
}

/// Fills SQL: a value is a literal, or part of the literal that it stands in. Gives the fields that the alert lacks.
pub(super) fn sql(query: &str, values: &Values) -> (String, Vec<String>) {
    let (mut filled, mut missing, mut rest) = (String::new(), BTreeSet::new(), query);
    let mut quote = None;
    while let Some((before, name, behind)) = template(rest) {
        filled.push_str(before);
        quote = quote_after(quote, before);
        match values.first(name) {
            Some(value) => filled.push_str(&in_sql(&without_controls(value), quote)),
            None => {
                missing.insert(cut(name));
                filled.extend(["<", &without_controls(&cut(name)), ">"]);
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    (filled, missing.into_iter().collect())
}

/// The quote that is open behind a piece of SQL. A doubled quote closes and opens again, which comes to the same.
fn quote_after(mut open: Option<char>, piece: &str) -> Option<char> {
    for c in piece.chars() {
        open = match open {
            None if matches!(c, '\'' | '"') => Some(c),
            Some(quote) if quote == c => None,
            other => other,
        };
    }
    open
}

fn in_sql(value: &str, quote: Option<char>) -> String {
    match quote {
        Some(quote) => value.replace(quote, &format!("{quote}{quote}")),
        None if value.parse::<i64>().is_ok() => value.to_owned(),
        None => format!("'{}'", value.replace('\'', "''")),
    }
}
