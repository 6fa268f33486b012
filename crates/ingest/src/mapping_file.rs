//! Elasticsearch mapping files: field types, aliases, null values and date formats.

use brokerwatch_ecs::date::Format;
use brokerwatch_ecs::{FieldMapping, Mapped, Schema, Type};
use serde_json::{Map, Value};

/// Reads a mapping (`{"properties": ..}`, `{"mappings": ..}` or the answer of `GET index/_mapping`) into a strict
/// schema. Lines that begin with `#` or `//` are comments. The error says what is wrong, with the field's path.
pub fn read_mapping(text: &str) -> Result<Schema, String> {
    let comment = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('#') || line.starts_with("//")
    };
    let json: String = text.lines().filter(|line| !comment(line)).collect::<Vec<_>>().join("\n");
    let document: Value =
        serde_json::from_str(&json).map_err(|error| format!("no JSON: {error}"))?;
    let properties = find_properties(&document).ok_or("no `properties` object in the mapping")?;
    let mut schema = Schema::strict();
    let mut aliases = Vec::new();
    declare(properties, "", &mut schema, &mut aliases)?;
    for (name, path) in aliases {
        let target = schema.lookup(&path);
        let Mapped::Field(mapping) = target else {
            return Err(format!("alias `{name}` points to `{path}`, which is no searchable field"));
        };
        let path = mapping.path.clone().or(Some(path));
        schema.declare(name, Mapped::Field(FieldMapping { path, ..mapping }));
    }
    Ok(schema)
}

fn find_properties(document: &Value) -> Option<&Map<String, Value>> {
    let object = document.as_object()?;
    if let Some(properties) = object.get("properties") {
        return properties.as_object();
    }
    if let Some(mappings) = object.get("mappings") {
        return find_properties(mappings);
    }
    object.values().find_map(|index| find_properties(index.get("mappings")?))
}

fn declare(
    properties: &Map<String, Value>,
    prefix: &str,
    schema: &mut Schema,
    aliases: &mut Vec<(String, String)>,
) -> Result<(), String> {
    for (segment, field) in properties {
        let name = format!("{prefix}{segment}");
        if let Some(inner) = field.get("properties").and_then(Value::as_object) {
            if field.get("type").and_then(Value::as_str) == Some("nested") {
                schema.declare(name, Mapped::Unsupported("nested".to_owned()));
            } else {
                declare(inner, &format!("{name}."), schema, aliases)?;
            }
            continue;
        }
        let ty =
            field.get("type").and_then(Value::as_str).ok_or(format!("`{name}` has no type"))?;
        if ty == "alias" {
            let path = field.get("path").and_then(Value::as_str);
            aliases.push((
                name.clone(),
                path.ok_or(format!("alias `{name}` has no path"))?.to_owned(),
            ));
            continue;
        }
        let subfields = field.get("fields").and_then(Value::as_object);
        for (sub, definition) in subfields.into_iter().flatten() {
            let mut mapped = mapped(&format!("{name}.{sub}"), definition)?;
            if let Mapped::Field(mapping) = &mut mapped {
                mapping.path = Some(name.clone());
            }
            schema.declare(format!("{name}.{sub}"), mapped.clone());
            // A text is searched through its exact sub-field.
            if ty == "text"
                && matches!(&mapped, Mapped::Field(mapping) if mapping.ty == Type::Keyword)
            {
                schema.declare(name.clone(), mapped);
            }
        }
        if ty != "text" || schema.lookup(&name) == Mapped::Unknown {
            schema.declare(name.clone(), mapped(&name, field)?);
        }
    }
    Ok(())
}

fn mapped(name: &str, definition: &Value) -> Result<Mapped, String> {
    let text = |key: &str| definition.get(key).and_then(Value::as_str);
    let ty = text("type").ok_or(format!("`{name}` has no type"))?;
    let Some(ty) = Type::from_mapping(ty) else { return Ok(Mapped::Unsupported(ty.to_owned())) };
    let format = match text("format") {
        Some(format) => Some(Format::parse(format).map_err(|error| format!("`{name}`: {error}"))?),
        None => None,
    };
    let null_value = definition.get("null_value").and_then(|value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    let ignore_above = definition.get("ignore_above").and_then(Value::as_u64);
    let ignore_above = ignore_above.and_then(|most| usize::try_from(most).ok());
    Ok(Mapped::Field(FieldMapping { ty, path: None, null_value, ignore_above, format }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_becomes_a_strict_schema() {
        let schema = read_mapping(
            r#"# a comment
            {"properties": {
                "kind": {"type": "keyword", "null_value": "NONE"},
                "host": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
                "body": {"type": "text"},
                "event": {"properties": {"category": {"type": "alias", "path": "kind"}}},
                "when": {"type": "date", "format": "dd-MM-yyyy"}
            }}"#,
        )
        .unwrap();
        assert_eq!(schema.resolve("event.category").unwrap().path.as_deref(), Some("kind"));
        assert_eq!(schema.resolve("host").unwrap().ignore_above, Some(256));
        assert_eq!(schema.lookup("body"), Mapped::Unsupported("text".to_owned()));
        assert_eq!(schema.lookup("nothing"), Mapped::Unknown);
        assert!(read_mapping(r#"{"properties": {"a": {"type": "alias", "path": "b"}}}"#).is_err());
    }
}
