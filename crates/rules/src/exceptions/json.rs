//! A line of JSON as a table with places, so that both notations are read by the same code.
//!
//! `serde_json` keeps no places; the texts of its raw values lie inside the file, and where they lie is their place.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use brokerwatch_expr::{Diagnostic, Span};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::report::{Report, excerpt, span_in};
use crate::{codes, limits};

/// The members of one object, in order, with the raw text of their values.
pub(crate) struct Object<'t> {
    span: Range<usize>,
    members: Vec<(Key<'t>, &'t RawValue)>,
}

/// A key; borrowed unless it is written with escapes.
#[derive(serde::Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

/// Reads the object that `line`, a part of the report's file, holds; `None` if an error was reported.
pub(crate) fn object<'t>(line: Range<usize>, report: &Report<'t>) -> Option<Object<'t>> {
    let text = report.text().get(line.clone())?;
    match serde_json::from_str::<Members<'t>>(text) {
        Ok(Members(members)) => Some(Object { span: line, members }),
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let at = line.start + error.column().saturating_sub(1);
            let span = letter(report.text(), at.min(line.end));
            let diagnostic = Diagnostic::error(codes::NO_JSON, span, excerpt(message));
            report.add(diagnostic.help("each line of an export is one JSON object"));
            None
        }
    }
}

/// The letter that holds a byte.
fn letter(text: &str, at: usize) -> Span {
    let start = text.floor_char_boundary(at);
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Span::new(start..start + length)
}

impl<'t> Object<'t> {
    /// Whether it has a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(Key(name), _)| name == key)
    }

    /// Whether a key of it begins so.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.members.iter().any(|(Key(name), _)| name.starts_with(prefix))
    }

    /// Where it stands.
    pub(crate) fn span(&self, text: &str) -> Span {
        span_in(text, self.span.clone())
    }

    /// The object as a table, with those keys that `wanted` takes.
    pub(crate) fn table(
        &self,
        report: &Report<'t>,
        wanted: impl Fn(&str) -> bool,
    ) -> Spanned<DeTable<'t>> {
        let wanted = |(Key(name), _): &&(Key<'t>, &'t RawValue)| wanted(name);
        let table = table(self.members.iter().filter(wanted), report, 0);
        Spanned::new(self.span.clone(), table)
    }
}

fn table<'o, 't: 'o>(
    members: impl Iterator<Item = &'o (Key<'t>, &'t RawValue)>,
    report: &Report<'t>,
    depth: usize,
) -> DeTable<'t> {
    let mut table = DeTable::new();
    for (Key(name), raw) in members {
        let span = match name {
            Cow::Borrowed(text) => range_of(text, report.text()),
            Cow::Owned(_) => range_of(raw.get(), report.text()),
        };
        if table.contains_key(name.as_ref()) {
            let message = format!("key `{}` is given twice", excerpt(name));
            let span = span_in(report.text(), span);
            report
                .add(Diagnostic::error(codes::NO_JSON, span, message).help("keep one of the two"));
            continue;
        }
        // An explicit null is no value, as in Kibana.
        if raw.get() != "null"
            && let Some(value) = value(raw, report, depth)
        {
            table.insert(Spanned::new(span, name.clone()), value);
        }
    }
    table
}

/// `None` if an error was reported.
fn value<'t>(raw: &'t RawValue, report: &Report<'t>, depth: usize) -> Option<Spanned<DeValue<'t>>> {
    let text = raw.get();
    let range = range_of(text, report.text());
    let wrong = |message: &str| {
        let span = span_in(report.text(), range.clone());
        report.add(Diagnostic::error(codes::NO_JSON, span, message));
        None
    };
    if limits::JSON_DEPTH_MAX <= depth {
        return wrong("the value is nested too deep for an exception");
    }
    let value = match text.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<Members<'t>>(text) {
            Ok(Members(members)) => DeValue::Table(table(members.iter(), report, depth + 1)),
            Err(_) => return wrong("the object cannot be read"),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&'t RawValue>>(text) {
            Ok(members) => {
                let mut array = DeArray::new();
                for member in members {
                    if let Some(value) = value(member, report, depth + 1) {
                        array.push(value);
                    }
                }
                DeValue::Array(array)
            }
            Err(_) => return wrong("the list cannot be read"),
        },
        Some(b'"') => match serde_json::from_str::<Key<'t>>(text) {
            Ok(Key(text)) => DeValue::String(text),
            Err(_) => return wrong("the string has an escape that is no character"),
        },
        Some(b't') => DeValue::Boolean(true),
        Some(b'f') => DeValue::Boolean(false),
        Some(b'n') => return wrong("a list cannot hold `null`"),
        // Every number of JSON is one of TOML.
        _ => match DeValue::parse(text) {
            Ok(number) => number.into_inner(),
            Err(_) => return wrong("the number cannot be read"),
        },
    };
    Some(Spanned::new(range, value))
}

/// Where a part of a text lies in it.
fn range_of(part: &str, text: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    start..(start + part.len()).min(text.len())
}

/// The members of an object, repeated keys included.
struct Members<'t>(Vec<(Key<'t>, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(Key<'de>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}
