//! Documents by dotted names, and the fields of a base under them.

use serde_json::{Map, Value, json};

/// The members of a JSON object by their dotted names; an empty object has none. The error says what is wrong.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => {
            let mut flat = Map::new();
            flatten("", members, &mut flat);
            Ok(flat)
        }
        Ok(_) => Err("it is another value".to_owned()),
        Err(error) => {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or_default();
            Err(format!("{what} (column {})", error.column()))
        }
    }
}

fn flatten(prefix: &str, members: Map<String, Value>, flat: &mut Map<String, Value>) {
    for (name, value) in members {
        let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, flat),
            value => {
                flat.insert(name, value);
            }
        }
    }
}

/// The document of an event: the base, and over it the event's own fields. Null takes a field away, and all below it.
pub(super) fn merged(base: &Map<String, Value>, own: &Map<String, Value>) -> Value {
    let mut all = base.clone();
    for (name, value) in own {
        all.retain(|known, _| !holds(name, known) && (value.is_null() || !holds(known, name)));
        if !value.is_null() {
            all.insert(name.clone(), value.clone());
        }
    }
    let mut document = Map::new();
    for (name, value) in all {
        put(&mut document, &name, value);
    }
    Value::Object(document)
}

/// Whether `name` is `other`, or an object around it.
fn holds(name: &str, other: &str) -> bool {
    other.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn put(document: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some((first, rest)) = name.split_once('.')
        && let Value::Object(inner) = document.entry(first).or_insert_with(|| json!({}))
    {
        return put(inner, rest, value);
    }
    document.insert(name.to_owned(), value);
}
