//! Investigations as queries: the providers of a button, with the alert's values, as KQL inside of ES|QL.
//!
//! KQL is what Kibana makes of them, and it says what they mean: any value of a list makes a test true, and a field that
//! is not there makes it false. `now` of the range of time is the time of the alert, because telemetry in files may be old;
//! a range that ends with `now` has no end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Values;
use super::fill::template;
use crate::{InvestigateButton, Provider};

/// Most rows that an investigation asks for; if there are so many, there may be more.
pub const ROWS_MAX: usize = 10_000;

/// What an investigation shows of an event.
pub const EVENT_COLUMNS: &[&str] = &[
    "@timestamp",
    "event.action",
    "host.name",
    "user.name",
    "process.name",
    "process.pid",
    "process.command_line",
    "source.ip",
    "destination.ip",
    "destination.port",
    "destination.domain",
    "dns.question.name",
    "file.path",
];

/// What an investigation shows of an alert.
pub const ALERT_COLUMNS: &[&str] = &[
    "@timestamp",
    "rule.name",
    "kibana.alert.rule.name",
    "host.name",
    "user.name",
    "process.name",
    "destination.ip",
    "destination.port",
    "brokerwatch.alert.id",
    "kibana.alert.uuid",
];

/// An investigate button with the values of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Investigation {
    /// The text on the button.
    pub label: String,
    /// More about it.
    pub description: Option<String>,
    /// The query in ES|QL; none if the alert lacks what it would ask for.
    pub esql: Option<String>,
    /// The fields that it asks for and the alert lacks. With a query, they are of alternatives and exclusions that were
    /// left out.
    pub missing: Vec<String>,
    /// What of the button could not be understood.
    pub problems: Vec<String>,
    /// Whether the query has a range of time: an alert without a time has none.
    pub is_timed: bool,
}

impl Investigation {
    /// Fills a button.
    pub fn new(button: &InvestigateButton, values: &Values) -> Investigation {
        let mut filling = Filling { values, missing: BTreeSet::new(), problems: Vec::new() };
        let alternatives: Vec<String> = button
            .providers
            .iter()
            .filter_map(|providers| filling.alternative(providers))
            .collect();
        let asks_for_alerts =
            button.providers.iter().flatten().any(|provider| provider.field == "event.kind");
        let mut conditions = time(button, values.first("@timestamp"));
        let is_timed = !conditions.is_empty();
        if !asks_for_alerts {
            // An alert repeats its event, which would then be there twice.
            conditions.push("not event.kind: (\"alert\" or \"signal\")".to_owned());
        }
        let columns = if asks_for_alerts { ALERT_COLUMNS } else { EVENT_COLUMNS };
        let esql = (!alternatives.is_empty()).then(|| {
            conditions.insert(0, joined(&alternatives));
            query(&conditions.join(" and "), columns)
        });
        Investigation {
            label: button.label.clone(),
            description: button.description.clone(),
            esql,
            missing: filling.missing.into_iter().collect(),
            problems: filling.problems,
            is_timed,
        }
    }
}

/// A query for what meets a condition in KQL, in the order of time. Columns that the telemetry lacks are null.
pub fn query(kql: &str, columns: &[&str]) -> String {
    // Such a string has no escapes and ends on its line; a blank keeps a quote at its end apart from those around it.
    let condition = if kql.contains("\"\"\"") {
        format!("\"{}\"", escaped(kql))
    } else {
        format!("\"\"\"{kql} \"\"\"")
    };
    format!(
        "SET unmapped_fields = \"nullify\";\nFROM *\n| WHERE KQL({condition})\n| SORT @timestamp\n| KEEP {}\n| LIMIT {ROWS_MAX}",
        columns.join(", ")
    )
}

/// A value as a literal of KQL.
pub fn literal(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn joined(alternatives: &[String]) -> String {
    match alternatives {
        [one] => one.clone(),
        several => {
            let several: Vec<String> = several.iter().map(|each| format!("({each})")).collect();
            format!("({})", several.join(" or "))
        }
    }
}

/// The range of time around the alert.
fn time(button: &InvestigateButton, moment: Option<&str>) -> Vec<String> {
    let Some(moment) = moment else { return Vec::new() };
    let at = |text: &str| match text.strip_prefix("now") {
        Some("") => literal(moment),
        Some(math) => literal(&format!("{moment}||{math}")),
        None => literal(text),
    };
    let from = button.relative_from.as_deref().unwrap_or("now-48h");
    let to = button.relative_to.as_deref().filter(|to| *to != "now");
    let mut conditions = vec![format!("@timestamp >= {}", at(from))];
    conditions.extend(to.map(|to| format!("@timestamp <= {}", at(to))));
    conditions
}

struct Filling<'a> {
    values: &'a Values,
    missing: BTreeSet<String>,
    problems: Vec<String>,
}

impl Filling<'_> {
    /// Conditions that hold together. None if the alert lacks a value: without its condition too much would be found. An
    /// exclusion without a value excludes nothing.
    fn alternative(&mut self, providers: &[Provider]) -> Option<String> {
        let mut conditions = Vec::new();
        let mut is_whole = true;
        for provider in providers {
            match self.condition(provider) {
                Some(condition) if provider.excluded => {
                    conditions.push(format!("not {condition}"));
                }
                Some(condition) => conditions.push(condition),
                None => is_whole &= provider.excluded,
            }
        }
        (is_whole && !conditions.is_empty()).then(|| conditions.join(" and "))
    }

    fn condition(&mut self, provider: &Provider) -> Option<String> {
        let field = name(&provider.field)?;
        match provider.query_type.as_str() {
            "exists" => Some(format!("{field}: *")),
            "range" => self.range(provider, &field),
            _ => {
                let values = self.filled(&provider.value)?;
                let values = alert_kinds(&provider.field, values);
                let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                Some(match values.as_slice() {
                    [one] => format!("{field}: {one}"),
                    several => format!("{field}: ({})", several.join(" or ")),
                })
            }
        }
    }

    /// A range is written as an object, such as `{"gte": 1024, "lt": "{{source.port}}"}`.
    fn range(&mut self, provider: &Provider, field: &str) -> Option<String> {
        let bounds: Value = serde_json::from_str(&provider.value).unwrap_or_default();
        let mut parts = Vec::new();
        for (key, operator) in [("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")] {
            let text = match bounds.get(key) {
                None | Some(Value::Null) => continue,
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            let value = self.filled(&text)?.into_iter().next()?;
            parts.push(format!("{field} {operator} {}", literal(&value)));
        }
        if parts.is_empty() {
            let value = &provider.value;
            self.problems.push(format!(
                "the range `{value}` of {field} is no object with `gt`, `gte`, `lt` or `lte`"
            ));
            return None;
        }
        Some(if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" and ")) })
    }

    /// The values that a text with templates stands for. A text that is one template stands for all values of its field.
    fn filled(&mut self, text: &str) -> Option<Vec<String>> {
        if let Some(("", name, "")) = template(text.trim()) {
            let values = self.values.get(name);
            if values.is_empty() {
                self.missing.insert(name.to_owned());
                return None;
            }
            return Some(values.to_vec());
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, name, behind)) = template(rest) {
            let Some(value) = self.values.first(name) else {
                self.missing.insert(name.to_owned());
                return None;
            };
            filled.extend([before, value]);
            rest = behind;
        }
        filled.push_str(rest);
        Some(vec![filled])
    }
}

/// Alerts are `signal` in Kibana and `alert` in ECS, and so in what `scan` writes.
fn alert_kinds(field: &str, mut values: Vec<String>) -> Vec<String> {
    if field == "event.kind" && values == ["signal"] {
        values.push("alert".to_owned());
    }
    values
}

/// The name of a field in KQL, if it is one that needs no escapes.
fn name(field: &str) -> Option<String> {
    let is_plain = field.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '-'));
    (is_plain && !field.is_empty()).then(|| field.to_owned())
}
