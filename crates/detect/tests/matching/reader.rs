//! Documents to events, the obvious way: by a tree, one field after the other.

use brokerwatch_ecs::{Event, Field, Projection, Type, Value, number};
use serde_json::Value as Json;

/// The values of a document, each with the path of its field; keys with dots and nested objects are the same.
pub(crate) struct Document(Vec<(String, Scalar)>);

enum Scalar {
    Text(String),
    /// A number as written.
    Number(String),
    Flag(bool),
    Null,
}

impl Document {
    pub(crate) fn new(json: &Json) -> Document {
        let mut values = Vec::new();
        collect("", json, &mut values);
        Document(values)
    }

    /// The event that the document is over the fields of a projection.
    pub(crate) fn event(&self, projection: &Projection) -> Event<'_> {
        let mut event = Event::new(projection);
        for (slot, field) in projection.fields() {
            let of_field = self.0.iter().filter(|(path, _)| *path == field.path);
            for value in of_field.filter_map(|(_, scalar)| scalar.read(field)) {
                event.push(slot, value);
            }
        }
        event
    }
}

fn collect(path: &str, json: &Json, values: &mut Vec<(String, Scalar)>) {
    let scalar = match json {
        Json::Object(members) => {
            for (key, value) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(&format!("{path}{dot}{key}"), value, values);
            }
            return;
        }
        Json::Array(items) => return items.iter().for_each(|item| collect(path, item, values)),
        Json::String(text) => Scalar::Text(text.clone()),
        Json::Number(number) => Scalar::Number(number.to_string()),
        Json::Bool(flag) => Scalar::Flag(*flag),
        Json::Null => Scalar::Null,
    };
    values.push((path.to_owned(), scalar));
}

impl Scalar {
    /// The value in the field's type; `None` if it is ill-typed, or null where nothing stands for that.
    fn read(&self, field: &Field) -> Option<Value<'_>> {
        match (self, field.ty) {
            (Scalar::Text(text), ty) => Value::from_text(text, ty),
            (Scalar::Number(text), Type::Dynamic) => text
                .parse()
                .map(Value::Long)
                .ok()
                .or_else(|| number::double_from_text(text).map(Value::Double)),
            (Scalar::Number(_), Type::Boolean | Type::Ip | Type::Date | Type::DateNanos) => None,
            (Scalar::Number(text), ty) => Value::from_text(text, ty),
            (Scalar::Flag(flag), Type::Boolean | Type::Dynamic) => Some(Value::Boolean(*flag)),
            (Scalar::Flag(flag), Type::Keyword) => {
                Some(Value::Keyword(if *flag { "true" } else { "false" }))
            }
            (Scalar::Null, Type::Keyword) if field.null_value.is_some() => {
                Some(Value::Keyword(super::NULL_VALUE))
            }
            (Scalar::Flag(_) | Scalar::Null, _) => None,
        }
    }
}
