//! The metadata fields of ES|QL: what each of them is for events of files.

use brokerwatch_esql::catalog::TableColumn;
use brokerwatch_esql::types::DataType;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::events::Seen;

/// A metadata field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meta {
    /// The document's own, else the same for the same place of the same file.
    Id,
    /// The document's own, else the name of the source, else the name of the file.
    Index,
    /// The document's own, else 1.
    Version,
    /// The document, as JSON.
    Source,
    /// Nothing is scored: 0.
    Score,
    /// Fields with values that could not be used.
    Ignored,
    /// `standard`.
    IndexMode,
    /// How long the document is, in bytes.
    Size,
}

/// Every metadata field with its type.
const ALL: &[(&str, Meta, DataType)] = &[
    ("_id", Meta::Id, DataType::Keyword),
    ("_index", Meta::Index, DataType::Keyword),
    ("_version", Meta::Version, DataType::Long),
    ("_source", Meta::Source, DataType::Source),
    ("_score", Meta::Score, DataType::Double),
    ("_ignored", Meta::Ignored, DataType::Keyword),
    ("_index_mode", Meta::IndexMode, DataType::Keyword),
    ("_size", Meta::Size, DataType::Integer),
];

impl Meta {
    pub(super) fn of(name: &str) -> Option<Meta> {
        ALL.iter().find(|(known, ..)| *known == name).map(|(_, meta, _)| *meta)
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(_, meta, _)| *meta == self).map_or("", |(name, ..)| name)
    }

    pub(super) fn ty(self) -> DataType {
        ALL.iter().find(|(_, meta, _)| *meta == self).map_or(DataType::Null, |(.., ty)| *ty)
    }

    /// Whether a row may have several values.
    pub(super) fn multi(self) -> bool {
        self == Meta::Ignored
    }

    pub(super) fn column(self) -> TableColumn {
        TableColumn::new(self.name(), self.ty(), self.multi())
    }
}

/// The names of all metadata fields.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, ..)| *name)
}

/// The id of the event at a place of a file. Several events of one place have different ordinals.
pub(super) fn id(source: &str, path: &str, offset_bytes: u64, ordinal: u32) -> String {
    let mut place = Vec::with_capacity(source.len() + path.len() + 16);
    place.extend_from_slice(source.as_bytes());
    place.push(0);
    place.extend_from_slice(path.as_bytes());
    place.push(0);
    place.extend_from_slice(&offset_bytes.to_be_bytes());
    place.extend_from_slice(&ordinal.to_be_bytes());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &place).to_string()
}

/// The name of a file without folder and endings: what its events' index is called if nothing else says so.
pub(super) fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\', '!']).next().unwrap_or(path);
    match file.trim_start_matches('.').split_once('.') {
        _ if path == "-" => "events",
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file,
    }
}

/// The document of an event as JSON: as it stands, where it is JSON.
pub(crate) fn source(seen: &Seen<'_, '_>) -> String {
    #[derive(Deserialize)]
    struct Hit<'a> {
        #[serde(borrow, rename = "_source")]
        source: Option<&'a RawValue>,
    }
    if seen.source.is_some() {
        return Value::Object(seen.document()).to_string();
    }
    let record = seen.event.source;
    if memchr::memmem::find(record, b"_source").is_some()
        && let Ok(Hit { source: Some(source) }) = serde_json::from_slice::<Hit<'_>>(record)
        && source.get().starts_with('{')
    {
        return source.get().to_owned();
    }
    String::from_utf8_lossy(record).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_name() {
        for (path, expected) in [
            ("logs/day.ndjson.gz", "day"),
            ("day", "day"),
            ("-", "events"),
            ("a.zip!inner/x.json", "x"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(stem(path), expected, "{path}");
        }
    }

    #[test]
    fn ids_tell_places_apart() {
        let ids = [id("a", "b", 0, 0), id("a", "b", 0, 1), id("a", "b", 1, 0), id("a", "c", 0, 0)];
        for (at, one) in ids.iter().enumerate() {
            assert!(ids[at + 1..].iter().all(|other| one != other));
        }
    }

    #[test]
    fn every_field_has_its_own_name() {
        for name in names() {
            assert_eq!(Meta::of(name).map(Meta::name), Some(name));
        }
        assert_eq!(Meta::of("_tier"), None);
    }
}
