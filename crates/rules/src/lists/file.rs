//! From text to list: every key of a list file, and everything that is wrong at once.

use std::collections::BTreeSet;

use brokerwatch_expr::pattern::cidr::Cidr;
use brokerwatch_expr::{Diagnostic, Span};
use toml::de::DeTable;

use super::{Entry, Kind, List, Value, codes, literal, software};
use crate::fields::Fields;
use crate::load::silence_echoes;
use crate::report::{Report, excerpt};
use crate::{Data, codes as file_codes, formats, limits};

/// Reads one list file. On failure all of its problems come back, in the order of the file.
pub fn load(path: &str, text: &str) -> Result<List, Vec<Diagnostic>> {
    if limits::FILE_BYTES_MAX < text.len() {
        let bytes = text.len();
        let message = format!(
            "the file has {bytes} bytes, more than the {} that a list may have",
            limits::FILE_BYTES_MAX
        );
        return Err(vec![Diagnostic::error(file_codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    let fields = Fields::new("", &document, &report);
    fields.require(&["list"]);
    let list = fields.table("list").and_then(|head| head_of(path, head));
    let list = list.map(|mut list| {
        for (i, entry) in fields.tables("entry").into_iter().enumerate() {
            if i == limits::LIST_ENTRIES_MAX {
                let message = format!("a list has at most {} entries", limits::LIST_ENTRIES_MAX);
                entry.error(file_codes::RANGE, entry.span(), message);
                break;
            }
            read_entry(entry, &mut list);
        }
        list
    });
    fields.mark("entry");
    fields.finish();
    if !syntax.is_empty() {
        silence_echoes(text, &report, &syntax);
    }
    match list {
        Some(list) if !report.has_errors() => Ok(list),
        _ => Err(report.into_diagnostics()),
    }
}

/// The `[list]` table, as a list without entries.
fn head_of(path: &str, fields: Fields<'_>) -> Option<List> {
    fields.require(&["name", "title", "type", "updated"]);
    let name = fields
        .formatted("name", "letters and digits", |text| is_name(text).then(|| text.to_owned()));
    let kind = fields.choice("type", Kind::ALL);
    let title = fields.filled_text("title").unwrap_or_default();
    let updated = date(&fields, "updated").unwrap_or_default();
    let lab_networks = fields.texts("lab_networks");
    fields.finish();
    Some(List {
        name: name?,
        title,
        kind: kind?,
        updated,
        lab_networks,
        path: path.to_owned(),
        entries: Vec::new(),
        software: Vec::new(),
        changes: Vec::new(),
        groups: BTreeSet::new(),
    })
}

/// Whether a text can be the name of a list or group, as markers write them.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A day, `YYYY-MM-DD`.
pub(super) fn date(fields: &Fields<'_>, key: &str) -> Option<String> {
    fields.formatted(key, "a date, such as `2026-11-24`", |text| {
        formats::is_date(&text.replace('-', "/")).then(|| text.to_owned())
    })
}

fn read_entry(fields: Fields<'_>, list: &mut List) {
    if list.kind == Kind::Software {
        list.software.extend(software::read(&fields));
        fields.finish();
        return;
    }
    fields.require(&["value", "note", "source"]);
    let group = fields.formatted("group", "letters, digits and `_`", |text| {
        is_name(text).then(|| text.to_owned())
    });
    let value = read_value(&fields, "value", list.kind);
    let entry = value.map(|value| Entry {
        value,
        group,
        note: fields.filled_text("note").unwrap_or_default(),
        source: fields.filled_text("source").unwrap_or_default(),
        date: date(&fields, "date"),
    });
    if let Some(entry) = entry {
        if list.entries.iter().any(|known| known.value == entry.value && known.group == entry.group)
        {
            let span = fields.value_span("value").unwrap_or(fields.span());
            let message =
                format!("`{}` stands twice in this group", excerpt(&entry.value.to_string()));
            fields.error(codes::TWICE, span, message);
        }
        list.groups.insert(entry.group.clone());
        list.entries.push(entry);
    }
    fields.finish();
}

/// A value of a list of that kind under a key.
pub(super) fn read_value(fields: &Fields<'_>, key: &str, kind: Kind) -> Option<Value> {
    let data = fields.data(key)?;
    let span = fields.value_span(key).unwrap_or(fields.span());
    match value(&data, kind) {
        Ok(value) => Some(value),
        Err(expected) => {
            fields.error(
                codes::VALUE,
                span,
                format!("`{}` must be {expected}", fields.dotted(key)),
            );
            None
        }
    }
}

/// A value of that kind; the error says what one is.
pub(super) fn value(data: &Data, kind: Kind) -> Result<Value, &'static str> {
    match (kind, data) {
        (Kind::Port, Data::Integer(port)) if (1..=65_535).contains(port) => {
            Ok(Value::Integer(*port))
        }
        (Kind::Port, _) => Err("a port from 1 to 65535"),
        (Kind::Network, Data::Text(text)) if text.contains('/') && Cidr::parse(text).is_ok() => {
            Ok(Value::Text(text.clone()))
        }
        (Kind::Network, _) => Err("a network, such as \"10.0.0.0/8\" or \"fc00::/7\""),
        (Kind::Domain, Data::Text(text)) if is_domain(text) => Ok(Value::Text(text.clone())),
        (Kind::Domain, _) => {
            Err("a name of hosts, such as \"broker.example.com\" or \"*.example.com\"")
        }
        (Kind::Text, Data::Text(text)) if !text.is_empty() && !text.contains('\0') => {
            Ok(Value::Text(text.clone()))
        }
        (Kind::Text, _) => Err("a text that is not empty"),
        (Kind::Number, Data::Integer(number)) => Ok(Value::Integer(*number)),
        (Kind::Number, Data::Float(number)) if number.is_finite() => Ok(Value::Float(*number)),
        (Kind::Number, _) => Err("a number"),
        (Kind::Duration, Data::Text(text)) if literal::millis(text).is_some() => {
            Ok(Value::Text(text.clone()))
        }
        (Kind::Duration, _) => Err("a stretch of time, such as \"90s\", \"2m\", \"1h\" or \"1d\""),
        (Kind::Software, _) => Err("a row of software, which has no value"),
    }
}

/// Whether a text is a name of hosts, in lower case, in which `*` stands for any text.
fn is_domain(text: &str) -> bool {
    let is_part = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.*".contains(c) || !c.is_ascii()
    };
    !text.is_empty() && text.chars().all(is_part) && text.chars().any(char::is_alphanumeric)
}
