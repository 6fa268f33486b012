//! A rule's investigation guide with the values of one alert filled in.
//!
//! [`Guide::new`] takes the note of a rule apart into text and the places of its buttons, `$osquery_0` and
//! `$investigate_0`, and fills every `{{field}}`. Each button becomes a query in which the alert's values are literals:
//! SQL for osquery, ES|QL for an investigation. Nothing is run here. What an alert holds was written by whoever the alert
//! is about, so a value is never more than a value: it cannot end a literal, begin markup, or lead a link elsewhere.

mod fill;
mod generic;
mod investigate;
mod values;

use std::collections::BTreeSet;

use crate::Rule;

pub use fill::code;
pub use investigate::{ALERT_COLUMNS, EVENT_COLUMNS, Investigation, ROWS_MAX, literal, query};
pub use values::Values;

/// The guide of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// The note in order; empty if the rule has none.
    pub pieces: Vec<Piece>,
    /// The osquery buttons, in the order of the rule.
    pub osquery: Vec<Osquery>,
    /// The investigate buttons, in the order of the rule. A rule that has none gets those that fit any alert.
    pub investigations: Vec<Investigation>,
    /// Whether the investigations are those that fit any alert.
    pub is_generic: bool,
    /// The fields that the text asks for and the alert lacks, sorted.
    pub missing: Vec<String>,
}

/// A piece of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Lines of Markdown.
    Text(String),
    /// The place of a query.
    Button {
        /// Which list it is in.
        kind: Button,
        /// Its place in that list.
        number: usize,
        /// By how many columns it is indented, being part of a list.
        indent: usize,
    },
}

/// The kinds of buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    /// `$osquery_n`
    Osquery,
    /// `$investigate_n`
    Investigate,
}

/// A query for osquery, to be run on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Osquery {
    /// The text on the button.
    pub label: String,
    /// The SQL. `<field>` stands where the alert has no value.
    pub sql: String,
    /// The fields that the alert lacks.
    pub missing: Vec<String>,
}

impl Guide {
    /// The guide of a rule for an alert; `rule` is none if nobody knows the rule of the alert.
    pub fn new(rule: Option<&Rule>, values: &Values) -> Guide {
        let note = rule.and_then(|rule| rule.note.as_deref()).unwrap_or_default();
        let osquery = rule.map(|rule| rule.transforms.osquery.as_slice()).unwrap_or_default();
        let own = rule.map(|rule| rule.transforms.investigate.as_slice()).unwrap_or_default();
        let is_generic = own.is_empty();
        let generic = generic::buttons();
        let buttons = if is_generic { generic.as_slice() } else { own };
        let osquery: Vec<Osquery> = osquery
            .iter()
            .map(|button| {
                let (sql, missing) = fill::sql(button.query.trim(), values);
                Osquery { label: button.label.clone(), sql, missing }
            })
            .collect();
        let label = |kind, number: usize| match kind {
            Button::Osquery => osquery.get(number).map(|each| title(&each.label)),
            Button::Investigate => own.get(number).map(|each| title(&each.label)),
        };
        let mut missing = BTreeSet::new();
        let mut pieces = pieces(note, values, &label, &mut missing);
        place_the_rest(&mut pieces, (osquery.len(), own.len()), &label);
        Guide {
            pieces,
            investigations: buttons.iter().map(|each| Investigation::new(each, values)).collect(),
            osquery,
            is_generic,
            missing: missing.into_iter().collect(),
        }
    }
}

/// Gives the title of a button, if the rule has it.
type Label<'a> = dyn Fn(Button, usize) -> Option<String> + 'a;

/// The text on a button, in bold.
fn title(label: &str) -> String {
    let words: Vec<&str> = label.split_whitespace().collect();
    format!("**{}**", words.join(" ").replace('*', ""))
}

/// Takes a note apart.
fn pieces(
    note: &str,
    values: &Values,
    label: &Label<'_>,
    missing: &mut BTreeSet<String>,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut text, mut fence) = (String::new(), None);
    for line in note.lines() {
        let is_code = fence.is_some();
        fence = fill::fence_after(fence, line);
        let (written, buttons) =
            if is_code { (line.to_owned(), Vec::new()) } else { without_buttons(line, label) };
        text.push_str(&fill::markdown(&written, is_code, values, missing));
        text.push('\n');
        for (kind, number) in buttons {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Button { kind, number, indent: indent(line) });
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}

/// Adds the buttons that the note has no place for.
fn place_the_rest(
    pieces: &mut Vec<Piece>,
    (osquery, investigate): (usize, usize),
    label: &Label<'_>,
) {
    let all = (0..osquery)
        .map(|number| (Button::Osquery, number))
        .chain((0..investigate).map(|number| (Button::Investigate, number)));
    let placed: BTreeSet<(Button, usize)> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Button { kind, number, .. } => Some((*kind, *number)),
            Piece::Text(_) => None,
        })
        .collect();
    let rest: Vec<_> = all.filter(|button| !placed.contains(button)).collect();
    if !rest.is_empty() {
        pieces.push(Piece::Text("\n### Further queries of the rule\n\n".to_owned()));
        for (kind, number) in rest {
            let title = label(kind, number).unwrap_or_default();
            pieces.push(Piece::Text(format!("{title}\n")));
            pieces.push(Piece::Button { kind, number, indent: 0 });
        }
    }
}

/// A line with the names of its buttons in place of them, and the buttons.
fn without_buttons(line: &str, label: &Label<'_>) -> (String, Vec<(Button, usize)>) {
    const NAMES: [(&str, Button); 2] =
        [("$osquery_", Button::Osquery), ("$investigate_", Button::Investigate)];
    let (mut written, mut buttons, mut rest) = (String::new(), Vec::new(), line);
    loop {
        let next = NAMES
            .iter()
            .filter_map(|name| Some((rest.find(name.0)?, name)))
            .min_by_key(|(at, _)| *at);
        let Some((at, (prefix, kind))) = next else { break };
        let behind = &rest[at + prefix.len()..];
        let digits = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        written.push_str(&rest[..at]);
        let number = behind[..digits].parse::<usize>();
        match number.map(|number| (number, label(*kind, number))) {
            Ok((number, Some(title))) => {
                written.push_str(&title);
                buttons.push((*kind, number));
            }
            Ok((number, None)) => {
                written.extend(["(the rule has no query ", prefix, &number.to_string(), ")"]);
            }
            Err(_) => written.push_str(prefix),
        }
        rest = &behind[digits..];
    }
    written.push_str(rest);
    (written, buttons)
}

/// The column at which what belongs to a line of a list begins; 0 outside of lists.
fn indent(line: &str) -> usize {
    let inner = line.trim_start();
    let before = line.len() - inner.len();
    match inner.strip_prefix(['-', '*', '+']) {
        Some(item) if item.starts_with(' ') => before + 2,
        _ => before,
    }
}

#[cfg(test)]
mod tests;
