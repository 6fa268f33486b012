//! Elasticsearch mapping files as columns: every field with the type that ES|QL gives it.
//!
//! EQL searches a text through its exact sub-field and knows one width of whole number; ES|QL keeps text, widths and
//! precisions apart. So this reads the same files for other answers than [`brokerwatch_ingest::read_mapping`].

use std::collections::BTreeMap;

use brokerwatch_ecs::date::Format;
use brokerwatch_ecs::{FieldMapping, Schema, Type};
use brokerwatch_esql::types::DataType;
use serde_json::{Map, Value};

/// The fields of a mapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping {
    fields: BTreeMap<String, MappedField>,
    text: String,
}

/// One field of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MappedField {
    /// The name of the type in the mapping.
    pub(crate) type_name: String,
    pub(crate) ty: DataType,
    /// Where documents hold it and how it is read; nothing for a type that cannot be used.
    pub(crate) read: Option<FieldMapping>,
    pub(crate) narrow: Narrow,
}

/// What a type keeps of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Narrow {
    /// All of it.
    Nothing,
    /// Whole numbers from and to.
    Whole(i64, i64),
    /// The precision of `float`.
    Single,
    /// The precision of `half_float`.
    Half,
    /// Whole multiples of one divided by this.
    Scaled(f64),
}

impl Mapping {
    /// Reads a mapping (`{"properties": ..}`, `{"mappings": ..}` or the answer of `GET index/_mapping`). Lines that begin
    /// with `#` or `//` are comments. The error says what is wrong, with the field's path.
    pub fn parse(text: &str) -> Result<Mapping, String> {
        let comment = |line: &&str| {
            let line = line.trim_start();
            line.starts_with('#') || line.starts_with("//")
        };
        let json = text.lines().filter(|line| !comment(line)).collect::<Vec<_>>().join("\n");
        let document: Value =
            serde_json::from_str(&json).map_err(|error| format!("no JSON: {error}"))?;
        let properties = properties(&document).ok_or("no `properties` object in the mapping")?;
        let mut mapping = Mapping { text: text.to_owned(), ..Mapping::default() };
        let mut aliases = Vec::new();
        mapping.declare(properties, "", &mut aliases)?;
        for (name, path) in aliases {
            let target = mapping.fields.get(&path).cloned();
            let target =
                target.ok_or(format!("alias `{name}` points to `{path}`, which is no field"))?;
            mapping.fields.insert(name, target);
        }
        Ok(mapping)
    }

    /// The fields as EQL knows them. The error says what is wrong, with the field's path.
    pub(crate) fn schema(&self) -> Result<Schema, String> {
        brokerwatch_ingest::read_mapping(&self.text)
    }

    pub(crate) fn fields(&self) -> &BTreeMap<String, MappedField> {
        &self.fields
    }

    fn declare(
        &mut self,
        properties: &Map<String, Value>,
        prefix: &str,
        aliases: &mut Vec<(String, String)>,
    ) -> Result<(), String> {
        for (segment, definition) in properties {
            let name = format!("{prefix}{segment}");
            let text = |key: &str| definition.get(key).and_then(Value::as_str);
            let inner = definition.get("properties").and_then(Value::as_object);
            match (text("type"), inner) {
                // Hidden documents: their fields are no fields of this one.
                (Some("nested"), _) => {
                    self.fields.insert(name.clone(), field(&name, &name, definition)?);
                }
                (_, Some(inner)) => self.declare(inner, &format!("{name}."), aliases)?,
                (Some("object" | "passthrough"), None) => {}
                (Some("alias"), None) => {
                    let path = text("path").ok_or(format!("alias `{name}` has no path"))?;
                    aliases.push((name, path.to_owned()));
                }
                (_, None) => {
                    let subfields = definition.get("fields").and_then(Value::as_object);
                    for (sub, definition) in subfields.into_iter().flatten() {
                        let full = format!("{name}.{sub}");
                        let field = field(&full, &name, definition)?;
                        self.fields.insert(full, field);
                    }
                    let field = field(&name, &name, definition)?;
                    self.fields.insert(name, field);
                }
            }
        }
        Ok(())
    }
}

fn properties(document: &Value) -> Option<&Map<String, Value>> {
    let object = document.as_object()?;
    if let Some(properties) = object.get("properties") {
        return properties.as_object();
    }
    if let Some(mappings) = object.get("mappings") {
        return properties(mappings);
    }
    object.values().find_map(|index| properties(index.get("mappings")?))
}

/// The field that a definition declares, whose values documents hold at `path`.
fn field(name: &str, path: &str, definition: &Value) -> Result<MappedField, String> {
    let text = |key: &str| definition.get(key).and_then(Value::as_str);
    let type_name = text("type").ok_or(format!("`{name}` has no type"))?;
    let ty = DataType::from_mapping(type_name);
    let format = match text("format") {
        Some(format) if ty.is_date() => {
            Some(Format::parse(format).map_err(|error| format!("`{name}`: {error}"))?)
        }
        _ => None,
    };
    let null_value = definition.get("null_value").and_then(|value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    let ignore_above = definition.get("ignore_above").and_then(Value::as_u64);
    let read = reading(ty).map(|reading| FieldMapping {
        path: Some(path.to_owned()),
        null_value,
        ignore_above: ignore_above.and_then(|most| usize::try_from(most).ok()),
        format,
        ..FieldMapping::of(reading)
    });
    let narrow = match type_name {
        "byte" => Narrow::Whole(i8::MIN.into(), i8::MAX.into()),
        "short" => Narrow::Whole(i16::MIN.into(), i16::MAX.into()),
        "integer" => Narrow::Whole(i32::MIN.into(), i32::MAX.into()),
        "float" => Narrow::Single,
        "half_float" => Narrow::Half,
        "scaled_float" => {
            let factor = definition.get("scaling_factor").and_then(|factor| match factor {
                Value::String(text) => text.parse().ok(),
                number => number.as_f64(),
            });
            let factor = factor.filter(|factor| 0.0 < *factor);
            Narrow::Scaled(factor.ok_or(format!("`{name}` has no `scaling_factor` above 0"))?)
        }
        _ => Narrow::Nothing,
    };
    Ok(MappedField { type_name: type_name.to_owned(), ty, read, narrow })
}

/// How the reader of documents reads a column of this type; `None` for one that holds no values.
pub(crate) fn reading(ty: DataType) -> Option<Type> {
    Some(match ty {
        DataType::Boolean => Type::Boolean,
        DataType::Integer | DataType::Long => Type::Long,
        DataType::Double => Type::Double,
        // As written: a long holds only half of them.
        DataType::UnsignedLong => Type::Keyword,
        DataType::Keyword | DataType::Text | DataType::Source => Type::Keyword,
        DataType::Ip => Type::Ip,
        DataType::Version => Type::Version,
        DataType::Date => Type::Date,
        DataType::DateNanos => Type::DateNanos,
        DataType::GeoPoint
        | DataType::GeoShape
        | DataType::CartesianPoint
        | DataType::CartesianShape => Type::Dynamic,
        DataType::GeoHash | DataType::GeoTile => Type::Keyword,
        DataType::Null | DataType::DatePeriod | DataType::TimeDuration | DataType::Unsupported => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_texts_and_subfields_stay_apart() {
        let mapping = Mapping::parse(
            r#"# a comment
            {"mappings": {"properties": {
                "b": {"type": "byte"}, "u": {"type": "unsigned_long"}, "f": {"type": "half_float"},
                "s": {"type": "scaled_float", "scaling_factor": 100},
                "host": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 9}}},
                "kind": {"type": "alias", "path": "host.keyword"},
                "o": {"properties": {"ip": {"type": "ip"}}},
                "n": {"type": "nested", "properties": {"x": {"type": "long"}}},
                "r": {"type": "ip_range"}
            }}}"#,
        )
        .unwrap();
        let types: Vec<_> =
            mapping.fields().iter().map(|(name, field)| (&**name, field.ty)).collect();
        let expected = [
            ("b", DataType::Integer),
            ("f", DataType::Double),
            ("host", DataType::Text),
            ("host.keyword", DataType::Keyword),
            ("kind", DataType::Keyword),
            ("n", DataType::Unsupported),
            ("o.ip", DataType::Ip),
            ("r", DataType::Unsupported),
            ("s", DataType::Double),
            ("u", DataType::UnsignedLong),
        ];
        assert_eq!(types, expected);
        let kind = mapping.fields()["kind"].read.as_ref().unwrap();
        assert_eq!((kind.path.as_deref(), kind.ignore_above), (Some("host"), Some(9)));
        assert_eq!(mapping.fields()["b"].narrow, Narrow::Whole(-128, 127));
    }

    #[test]
    fn what_is_no_mapping_says_why() {
        for (text, why) in [
            ("{", "no JSON"),
            ("{}", "no `properties`"),
            (r#"{"properties": {"a": {}}}"#, "`a` has no type"),
            (r#"{"properties": {"a": {"type": "alias", "path": "b"}}}"#, "no field"),
            (r#"{"properties": {"a": {"type": "scaled_float"}}}"#, "scaling_factor"),
        ] {
            let error = Mapping::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
