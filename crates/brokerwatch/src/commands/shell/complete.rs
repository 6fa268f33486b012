//! What can stand where a person types: commands, functions, fields, names of tables, and values that answers had.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use brokerwatch_ecs::FIELDS;
use brokerwatch_esql::commands::{COMMANDS, SOURCES};
use brokerwatch_esql::value::Value;
use brokerwatch_esql::{aggregates, functions};
use brokerwatch_runtime::Answer;

use super::pieces::{self, Kind, Piece};
use super::{Args, dots};
use crate::commands::answer;

/// Most values of a column that are remembered of an answer.
const VALUES_MAX: usize = 100;

/// Longest value that is offered.
const VALUE_CHARS_MAX: usize = 120;

/// Most fields that are remembered beside those of ECS.
const FIELDS_MAX: usize = 20_000;

/// Words that are neither commands nor functions.
pub(super) const KEYWORDS: &[&str] = &[
    "AND", "AS", "ASC", "BY", "DESC", "FALSE", "FIRST", "IN", "IS", "LAST", "LIKE", "METADATA",
    "NOT", "NULL", "NULLS", "ON", "OR", "RLIKE", "TRUE", "WHERE", "WITH",
];

/// The names behind `METADATA`.
const METADATA: &[&str] =
    &["_id", "_ignored", "_index", "_index_mode", "_score", "_source", "_version"];

/// What is known of the tables.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) sources: BTreeSet<String>,
    pub(super) lookups: BTreeSet<String>,
    pub(super) policies: BTreeSet<String>,
    fields: BTreeSet<String>,
    /// Values of the columns of the last answer that had any, as they are written.
    values: BTreeMap<String, BTreeSet<String>>,
}

/// What stands in front of the place where a person types.
#[derive(Debug, PartialEq, Eq)]
enum Place<'t> {
    /// The first word of a query.
    Source,
    /// The first word behind a pipe.
    Command,
    Index,
    Metadata,
    Lookup,
    Policy,
    /// Behind a field and a comparison.
    Value(&'t str),
    Expression,
}

impl Known {
    /// What the arguments say.
    pub(super) fn new(args: &Args) -> Known {
        Known {
            sources: args.source.iter().map(|(name, _)| name.clone()).collect(),
            lookups: args.session.lookups().map(str::to_owned).collect(),
            policies: args.session.policies().map(str::to_owned).collect(),
            ..Known::default()
        }
    }

    /// Remembers the columns and the values of an answer.
    pub(super) fn see(&mut self, answer: &Answer) -> Result<()> {
        for column in &answer.columns {
            if self.fields.len() < FIELDS_MAX {
                self.fields.insert(column.name.clone());
            }
        }
        if answer.rows() == 0 {
            return Ok(());
        }
        let mut seen = vec![BTreeSet::new(); answer.columns.len()];
        answer::rows(answer, &mut |row| {
            for (seen, values) in seen.iter_mut().zip(row) {
                for value in values.iter().take(VALUES_MAX.saturating_sub(seen.len())) {
                    seen.extend(written(*value));
                }
            }
            Ok(())
        })?;
        let names = answer.columns.iter().map(|column| column.name.clone());
        self.values = names.zip(seen).collect();
        Ok(())
    }

    /// Where the word at the end of a text begins, and what it can become.
    pub(super) fn complete(&self, text: &str) -> (usize, Vec<String>) {
        if let Some(command) = text.strip_prefix('.') {
            let names = dots::ALL.iter().map(|dot| dot.name);
            let fitting = names.filter(|name| name.starts_with(command));
            return (0, fitting.map(|name| format!(".{name}")).collect());
        }
        let mut pieces = pieces::cut(text);
        // A `;` ends a query; the one behind SET goes with it.
        if let Some(end) = pieces.iter().rposition(|piece| is(text, piece, ";")) {
            pieces.drain(..=end);
        }
        let is_typed = |piece: &&Piece| {
            piece.range.end == text.len()
                && (piece.is_open || matches!(piece.kind, Kind::Word | Kind::Number))
        };
        let (start, before) = match pieces.last().filter(is_typed) {
            Some(last) if last.kind == Kind::Comment => return (text.len(), Vec::new()),
            Some(last) => (last.range.start, &pieces[..pieces.len() - 1]),
            None => (text.len(), &pieces[..]),
        };
        let place = place(text, before);
        // The name of an index has signs in it that cut pieces.
        let start = match place {
            Place::Index => {
                text.rfind(|c: char| c.is_whitespace() || c == ',').map_or(start, |at| at + 1)
            }
            _ => start,
        };
        (start, self.fitting(&place, &text[start..]))
    }

    fn fitting(&self, place: &Place<'_>, typed: &str) -> Vec<String> {
        let commands = |table: &[brokerwatch_esql::commands::Info]| {
            let words = table.iter().flat_map(|info| info.words);
            words.map(|word| cased(word, typed)).collect::<Vec<_>>()
        };
        let all: Vec<String> = match place {
            Place::Source => commands(SOURCES),
            Place::Command => commands(COMMANDS),
            Place::Index => {
                self.sources.iter().cloned().chain([cased("METADATA", typed)]).collect()
            }
            Place::Metadata => METADATA.iter().map(|name| (*name).to_owned()).collect(),
            Place::Lookup => self.lookups.iter().cloned().collect(),
            Place::Policy => self.policies.iter().cloned().collect(),
            Place::Value(field) => match self.values.get(*field) {
                Some(values) => values.iter().cloned().collect(),
                None => Vec::new(),
            },
            Place::Expression => self.expression(typed),
        };
        let lower = typed.to_lowercase();
        let fitting = all.into_iter().filter(|text| text.to_lowercase().starts_with(&lower));
        fitting.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn expression(&self, typed: &str) -> Vec<String> {
        let functions = functions::ALL.iter().map(|function| function.name);
        let calls = functions
            .chain(functions::FORMS.iter().map(|form| form.name))
            .chain(aggregates::ALL.iter().map(|aggregate| aggregate.name));
        let fields = FIELDS.iter().map(|field| field.name.to_owned());
        fields
            .chain(self.fields.iter().cloned())
            .chain(calls.map(|name| cased(&format!("{name}("), typed)))
            .chain(KEYWORDS.iter().map(|word| cased(word, typed)))
            .collect()
    }
}

/// A word of the language in the case that a person types; upper case if nothing is typed yet.
fn cased(word: &str, typed: &str) -> String {
    if typed.chars().any(char::is_lowercase) { word.to_lowercase() } else { word.to_uppercase() }
}

fn is(text: &str, piece: &Piece, word: &str) -> bool {
    text[piece.range.clone()].eq_ignore_ascii_case(word)
}

/// What can stand behind these pieces.
fn place<'t>(text: &'t str, before: &[Piece]) -> Place<'t> {
    let pieces: Vec<&Piece> = before.iter().filter(|piece| piece.kind != Kind::Comment).collect();
    let pipe = pieces.iter().rposition(|piece| is(text, piece, "|"));
    let command = &pieces[pipe.map_or(0, |at| at + 1)..];
    let (Some(first), Some(last)) = (command.first(), command.last()) else {
        return if pipe.is_some() { Place::Command } else { Place::Source };
    };
    if is(text, first, "FROM") || is(text, first, "TS") {
        let has_metadata = command.iter().any(|piece| is(text, piece, "METADATA"));
        return if has_metadata { Place::Metadata } else { Place::Index };
    }
    if is(text, last, "JOIN") {
        return Place::Lookup;
    }
    if is(text, first, "ENRICH") && command.len() == 1 {
        return Place::Policy;
    }
    let is_comparison =
        ["==", "!=", "<", ">", "<=", ">=", ":"].iter().any(|sign| is(text, last, sign));
    match command {
        [.., field, _] if is_comparison && matches!(field.kind, Kind::Word | Kind::Quoted) => {
            Place::Value(text[field.range.clone()].trim_matches('`'))
        }
        _ => Place::Expression,
    }
}

/// A value as a query has it; none of those that a line cannot hold.
fn written(value: Value<'_>) -> Option<String> {
    let text = answer::text(value);
    if text.chars().any(char::is_control) || VALUE_CHARS_MAX < text.chars().count() {
        return None;
    }
    Some(match value {
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Long(_)
        | Value::Unsigned(_)
        | Value::Double(_) => text,
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Known {
            sources: set(&["logs-new", "logs-old", "other"]),
            lookups: set(&["owners"]),
            policies: set(&["sites"]),
            fields: set(&["zeta.count"]),
            values: [("host.name".to_owned(), set(&["\"a\"", "\"b\""]))].into(),
        }
    }

    #[track_caller]
    fn check(text: &str, start: usize, expected: &[&str]) {
        assert_eq!(
            known().complete(text),
            (start, expected.iter().map(|&t| t.to_owned()).collect()),
            "{text}"
        );
    }

    #[test]
    fn the_place_says_what_fits() {
        check("FRO", 0, &["FROM"]);
        check("fro", 0, &["from"]);
        check("FROM logs-", 5, &["logs-new", "logs-old"]);
        check("FROM logs-new,o", 14, &["other"]);
        check("FROM a METADATA _i", 16, &["_id", "_ignored", "_index", "_index_mode"]);
        check("FROM a | wher", 9, &["where"]);
        check("FROM a | LOOKUP JOIN ", 21, &["owners"]);
        check("FROM a | ENRICH s", 16, &["sites"]);
        check("FROM a | WHERE zet", 15, &["zeta.count"]);
        check("FROM a | EVAL x = starts_w", 18, &["starts_with("]);
        check("FROM a | STATS COUNT_D", 15, &["COUNT_DISTINCT("]);
        check("FROM a | WHERE host.name == ", 28, &["\"a\"", "\"b\""]);
        check("FROM a | WHERE host.name == \"b", 28, &["\"b\""]);
        check("ROW a = 1; FRO", 11, &["FROM"]);
    }

    #[test]
    fn nothing_fits_in_comments_and_texts() {
        check("FROM a /* FRO", 13, &[]);
        check("ROW a = \"FRO", 8, &[]);
    }

    #[test]
    fn commands_of_the_shell_begin_with_a_dot() {
        check(".fo", 0, &[".format"]);
    }

    #[test]
    fn values_are_written_as_queries_have_them() {
        assert_eq!(written(Value::Text("a\"\\")).as_deref(), Some(r#""a\"\\""#));
        assert_eq!(written(Value::Long(7)).as_deref(), Some("7"));
        assert_eq!(written(Value::Text("\u{1b}[2J")), None);
    }
}
