//! The fields of an alert.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Names of one thing: in an alert that `scan` writes, and in one of Kibana.
const ALIASES: &[(&str, &str)] = &[
    ("rule.id", "kibana.alert.rule.rule_id"),
    ("rule.id", "signal.rule.rule_id"),
    ("rule.name", "kibana.alert.rule.name"),
    ("rule.name", "signal.rule.name"),
    ("rule.description", "kibana.alert.rule.description"),
    ("event.risk_score", "kibana.alert.risk_score"),
    ("brokerwatch.alert.id", "kibana.alert.uuid"),
    ("brokerwatch.alert.severity", "kibana.alert.severity"),
];

/// The values of an alert by the dotted names of its fields, however the document nests them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// The values of a document. Nulls are no values, and neither are empty texts.
    pub fn of(document: &Value) -> Values {
        let mut values = Values::default();
        if let Value::Object(object) = document {
            values.object("", object);
        }
        values
    }

    /// The values of a field, or of the same field under its other name; empty if there is none.
    pub fn get(&self, field: &str) -> &[String] {
        let other = || {
            let mut names = ALIASES.iter().filter_map(|(ours, theirs)| match field {
                _ if field == *ours => Some(*theirs),
                _ if field == *theirs => Some(*ours),
                _ => None,
            });
            names.find_map(|name| self.0.get(name))
        };
        self.0.get(field).or_else(other).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first value of a field.
    pub fn first(&self, field: &str) -> Option<&str> {
        self.get(field).first().map(String::as_str)
    }

    fn object(&mut self, prefix: &str, object: &Map<String, Value>) {
        for (name, value) in object {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            self.value(name, value);
        }
    }

    fn value(&mut self, name: String, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::Object(inner) => return self.object(&name, inner),
            Value::Array(values) => {
                values.iter().for_each(|value| self.value(name.clone(), value));
                return;
            }
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
        };
        if !text.is_empty() {
            self.0.entry(name).or_default().push(text);
        }
    }
}
