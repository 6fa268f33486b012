//! An event as a document: nested objects in the order in which the fields were wanted.

use brokerwatch_ecs::{Event, Projection, Value as Field, definition};
use serde_json::{Map, Value, json};

use super::pairs;

/// The document of an event that a mapping filled. A field that ECS calls a list is one; others are when they have
/// several values.
pub fn document(event: &Event<'_>, projection: &Projection) -> Map<String, Value> {
    let mut document = Map::new();
    for (slot, field) in projection.fields() {
        let values = event.values(slot);
        if let (Some(prefix), false) = (pairs::prefix(&field.name), values.is_empty()) {
            put(&mut document, prefix, Value::Object(object(values)));
            continue;
        }
        let value = match values {
            // Most fields that a mapping can set are not in an event: nothing may be looked up for them.
            [] => continue,
            [one] if !is_list(&field.name) => json_value(*one),
            many => Value::Array(many.iter().map(|value| json_value(*value)).collect()),
        };
        put(&mut document, &field.name, value);
    }
    document
}

fn is_list(name: &str) -> bool {
    definition(name).is_some_and(|field| field.array)
}

/// The object that pairs of names and values make; a name that stands twice has a list.
fn object(values: &[Field<'_>]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs::of(values) {
        match (object.get_mut(name), json_value(value)) {
            (None, value) => {
                object.insert(name.to_owned(), value);
            }
            (Some(Value::Array(several)), value) => several.push(value),
            (Some(one), value) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    object
}

fn json_value(value: Field<'_>) -> Value {
    match value {
        Field::Long(number) => json!(number),
        Field::Double(number) => json!(number),
        Field::Boolean(flag) => json!(flag),
        other => json!(other.to_string()),
    }
}

/// Puts a value at a dotted path. Where a value stands in the way of an object, the whole name becomes a key.
pub(super) fn put(document: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        Some((first, rest)) if !first.is_empty() => {
            match document.entry(first).or_insert_with(|| json!({})) {
                Value::Object(inner) => put(inner, rest, value),
                _ => {
                    document.insert(name.to_owned(), value);
                }
            }
        }
        _ => {
            document.insert(name.to_owned(), value);
        }
    }
}
