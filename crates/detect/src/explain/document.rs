//! Looking a field up in the whole document: what stands there that did not become a value.

use brokerwatch_ecs::{Field, Type, Value as Typed, definition, number, similar};
use serde_json::{Map, Value};

use crate::limits::EXPLAIN_NAMES_MAX;

/// What a document holds under the dotted name of a field: every value, arrays taken apart.
pub(crate) fn found<'d>(document: &'d Map<String, Value>, path: &str) -> Vec<&'d Value> {
    let mut found = Vec::new();
    object(top(document), path, &mut found);
    found
}

/// A hit that was exported without its source holds the values under `fields`.
fn top(document: &Map<String, Value>) -> &Map<String, Value> {
    match document.get("fields") {
        Some(Value::Object(fields)) if document.contains_key("_index") => fields,
        _ => document,
    }
}

fn object<'d>(document: &'d Map<String, Value>, path: &str, found: &mut Vec<&'d Value>) {
    for (key, value) in document {
        if key == path {
            values(value, found);
        } else if let Some(rest) =
            path.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'))
        {
            inside(value, rest, found);
        }
    }
}

fn inside<'d>(value: &'d Value, path: &str, found: &mut Vec<&'d Value>) {
    match value {
        Value::Object(members) => object(members, path, found),
        Value::Array(items) => items.iter().for_each(|item| inside(item, path, found)),
        _ => {}
    }
}

fn values<'d>(value: &'d Value, found: &mut Vec<&'d Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        other => found.push(other),
    }
}

/// Whether a value of a document is one of its field's type. `null` counts as one: it is no value at all.
pub(crate) fn fits(value: &Value, field: &Field) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => matches!(field.ty, Type::Boolean | Type::Dynamic | Type::Keyword),
        Value::Number(written) => match field.ty {
            Type::Boolean | Type::Ip => false,
            Type::Date | Type::DateNanos if field.format.is_none() => {
                number::long_from_text(&written.to_string()).is_some()
            }
            _ => text_fits(&written.to_string(), field),
        },
        Value::String(text) => text_fits(text, field),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn text_fits(text: &str, field: &Field) -> bool {
    match &field.format {
        Some(format) => format.read(text).is_some(),
        None => Typed::from_text(text, field.ty).is_some(),
    }
}

/// A name in the document that is a slip away from the name of a field that it lacks: another case, or a near spelling
/// that is no field of ECS by itself.
pub(crate) fn spelling(document: &Map<String, Value>, name: &str) -> Option<String> {
    let mut names = Vec::new();
    flatten(top(document), "", &mut names);
    let other_case = names.iter().find(|known| *known != name && known.eq_ignore_ascii_case(name));
    other_case.cloned().or_else(|| {
        let strange = names.iter().map(String::as_str).filter(|known| definition(known).is_none());
        similar(name, strange).into_iter().next()
    })
}

/// The dotted names of all values. A reader bounds how deep a document is nested.
fn flatten(document: &Map<String, Value>, prefix: &str, names: &mut Vec<String>) {
    for (key, value) in document {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        named(value, name, names);
    }
}

fn named(value: &Value, name: String, names: &mut Vec<String>) {
    if EXPLAIN_NAMES_MAX <= names.len() {
        return;
    }
    match value {
        Value::Object(members) => flatten(members, &name, names),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let objects = items.iter().filter_map(Value::as_object);
            objects.for_each(|members| flatten(members, &name, names));
        }
        _ => names.push(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(value: Value) -> Map<String, Value> {
        let Value::Object(document) = value else { unreachable!("it is an object") };
        document
    }

    #[test]
    fn a_field_is_found_in_every_notation() {
        for value in [
            json!({"a": {"b": {"c": 1}}}),
            json!({"a.b": {"c": 1}}),
            json!({"a": {"b.c": [1]}}),
            json!({"a": [{"b": {"c": 1}}, 2]}),
            json!({"_index": "i", "fields": {"a.b.c": [1]}}),
        ] {
            assert_eq!(found(&document(value.clone()), "a.b.c"), [&json!(1)], "{value}");
        }
        assert!(found(&document(json!({"a": {"bc": 1}, "a.b.cd": 1})), "a.b.c").is_empty());
    }

    #[test]
    fn a_slip_is_offered_but_not_another_field() {
        let offered = |value, name| spelling(&document(value), name);
        let port = json!({"destination": {"Port": 1883, "ip": "::1"}});
        assert_eq!(offered(port, "destination.port").as_deref(), Some("destination.Port"));
        assert_eq!(offered(json!({"host": {"type": "x"}}), "host.name"), None);
        assert_eq!(offered(json!({"source": {"ip": "::1"}}), "source.as"), None);
        assert_eq!(
            offered(json!({"user": {"nmae": "x"}}), "user.name").as_deref(),
            Some("user.nmae")
        );
    }
}
