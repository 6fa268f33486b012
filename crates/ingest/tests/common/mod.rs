//! What tests of sources share: records of an input, and the documents that become of them.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io::Cursor;

use brokerwatch_ecs::Projection;
use brokerwatch_ingest::normalise::{self, Kind, Mapping, Normaliser};
use brokerwatch_ingest::readers::{Raw, Source};
use brokerwatch_ingest::{Chunk, Opening, Reader, Records};
use bumpalo::Bump;
use serde_json::{Map, Value};

/// What becomes of one item: its document, or why it cannot be read.
pub(crate) type Outcome = Result<Map<String, Value>, String>;

/// A record with the header that goes with it.
#[derive(Debug, Default)]
pub(crate) struct Framed {
    pub(crate) header: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// The mapping of a source.
pub(crate) fn mapping(source: &Source) -> Mapping {
    let (_, text) = normalise::ALL
        .iter()
        .find(|(name, _)| *name == source.mapping)
        .unwrap_or_else(|| panic!("{}: no mapping `{}`", source.name, source.mapping));
    normalise::load(text).unwrap_or_else(|error| panic!("{}: {error}", source.mapping))
}

/// The source of an input, told from its content.
pub(crate) fn tell(input: &[u8]) -> Option<&'static Source> {
    let mut reader = Reader::open(Box::new(Cursor::new(input.to_vec()))).ok()?;
    let mut chunk = Chunk::default();
    reader.next_chunk(&mut chunk).ok()?;
    chunk.source
}

/// The records of an input, in its order.
pub(crate) fn frame(source: &'static Source, input: &[u8]) -> Vec<Framed> {
    let opening = Opening { source: Some(source), ..Opening::default() };
    let mut reader = Reader::open_as(Box::new(Cursor::new(input.to_vec())), opening)
        .unwrap_or_else(|error| panic!("{error}"));
    let (mut chunk, mut records) = (Chunk::default(), Vec::new());
    while reader.next_chunk(&mut chunk).unwrap_or_else(|error| panic!("{error}")) {
        let mut add = |bytes: &[u8]| {
            records.push(Framed { header: chunk.header.clone(), bytes: bytes.to_vec() });
        };
        match &chunk.records {
            Records::Spans(spans) => {
                spans.iter().for_each(|span| add(&chunk.bytes[span.start..span.end]));
            }
            Records::Lines => {
                let lines = chunk.bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
                lines.filter(|line| !line.is_empty()).for_each(add);
            }
        }
    }
    records
}

/// The documents of records in one mapping, with every field that the mapping can set.
pub(crate) fn documents(source: &'static Source, kind: Kind, records: &[Framed]) -> Vec<Outcome> {
    let normaliser = Normaliser::new(source, kind, &Projection::new());
    let mut outcomes = Vec::new();
    for record in records {
        let arena = Bump::new();
        let raw = Raw { bytes: &record.bytes, header: &record.header };
        (source.items)(raw, &arena, &mut |_, item| {
            outcomes.push(item.and_then(|item| normaliser.document(item, &arena)));
        });
    }
    outcomes
}

/// The documents of an input whose source is told from its content.
///
/// # Panics
/// If it is of no source.
#[track_caller]
pub(crate) fn read(input: &[u8], kind: Kind) -> (&'static Source, Vec<Outcome>) {
    let source = tell(input).expect("the input is of a known source");
    (source, documents(source, kind, &frame(source, input)))
}

/// The scalar values of a document by dotted name, each sorted; a list of one is the same as its item, and an empty object
/// is nothing.
pub(crate) fn flat(document: &Map<String, Value>) -> BTreeMap<String, Vec<String>> {
    let mut fields = BTreeMap::new();
    for (name, value) in document {
        flatten(name, value, &mut fields);
    }
    for values in fields.values_mut() {
        values.sort();
    }
    fields
}

fn flatten(name: &str, value: &Value, fields: &mut BTreeMap<String, Vec<String>>) {
    let text = match value {
        Value::Null => return,
        Value::Object(members) => {
            for (key, value) in members {
                flatten(&format!("{name}.{key}"), value, fields);
            }
            return;
        }
        Value::Array(items) => {
            for item in items {
                flatten(name, item, fields);
            }
            return;
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    fields.entry(name.to_owned()).or_default().push(text);
}

/// The values of one field of a document, joined by blanks.
pub(crate) fn field(document: &Map<String, Value>, name: &str) -> String {
    flat(document).get(name).map(|values| values.join(" ")).unwrap_or_default()
}

/// A moment to the millisecond, which is what Elastic's pipelines keep of it; any other text as it is.
fn to_milliseconds(text: &str) -> String {
    let moment =
        text.ends_with('Z').then(|| text.parse::<brokerwatch_ecs::Timestamp>().ok()).flatten();
    moment.map_or_else(|| text.to_owned(), |moment| format!("{}", moment.as_millisecond()))
}

/// Where two documents differ, a line each: `field: expected .., got ..`. Moments are compared to the millisecond, and
/// fields for which `ignored` holds are not compared.
pub(crate) fn differences(
    expected: &Map<String, Value>,
    got: &Map<String, Value>,
    ignored: impl Fn(&str) -> bool,
) -> Vec<String> {
    let (expected, got) = (flat(expected), flat(got));
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let (left, right) = (expected.get(name), got.get(name));
        let compared = |values: Option<&Vec<String>>| {
            values.map(|values| values.iter().map(|text| to_milliseconds(text)).collect::<Vec<_>>())
        };
        if compared(left) != compared(right) && !ignored(name) {
            let shown = |values: Option<&Vec<String>>| {
                values.map_or("nothing".to_owned(), |values| values.join(" "))
            };
            differences.push(format!("{name}: expected {}, got {}", shown(left), shown(right)));
        }
    }
    differences
}

/// The bytes of a file of the corpora.
#[expect(clippy::disallowed_methods, reason = "tests read their cases from files")]
pub(crate) fn bytes(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bytes of a gzip file of the corpora.
pub(crate) fn gzip(path: &std::path::Path) -> Vec<u8> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    let packed = bytes(path);
    flate2::read::MultiGzDecoder::new(&packed[..])
        .read_to_end(&mut plain)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    plain
}

/// A member of a zip file of the corpora.
pub(crate) fn member(path: &std::path::Path, name: &str) -> Vec<u8> {
    use std::io::Read as _;
    let packed = std::io::Cursor::new(bytes(path));
    let mut archive = zip::ZipArchive::new(packed).expect("the corpora hold whole archives");
    let mut plain = Vec::new();
    let mut member = archive.by_name(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    member.read_to_end(&mut plain).unwrap_or_else(|error| panic!("{name}: {error}"));
    plain
}
