//! Elasticsearch's bulk format: a line that says what to do with a document, and the document on the next line.
//!
//! An action and its document are never cut apart. A deletion has no document and is no record; an update brings a part
//! of a document or a script, which no rule can be held against, and is a defect. What stands where an action is
//! expected and is none is handed out as a record of its own, so that nothing is lost.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use brokerwatch_ecs::Origin;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::{Block, End, Found, Framed, is_object};
use crate::reader::{Defect, Record};

/// What an action line may say of its document.
const METADATA: &[&str] = &[
    "_id",
    "_index",
    "_parent",
    "_routing",
    "_source",
    "_type",
    "_version",
    "_version_type",
    "dynamic_templates",
    "if_primary_term",
    "if_seq_no",
    "list_executed_pipelines",
    "op_type",
    "parent",
    "pipeline",
    "require_alias",
    "require_data_stream",
    "retry_on_conflict",
    "routing",
    "version",
    "version_type",
];

/// Records are the documents that follow action lines.
#[derive(Default)]
pub(crate) struct Bulk {
    /// Inside a line past the bound, up to its newline.
    skipping: bool,
}

/// Whether a line is an action line beyond doubt: an object of one action that says known things only.
pub(super) fn is_action(line: &[u8]) -> bool {
    action(line).is_some_and(|action| {
        let (Action::Index(meta)
        | Action::Create(meta)
        | Action::Delete(meta)
        | Action::Update(meta)) = action;
        meta.is_known
    })
}

fn action(line: &[u8]) -> Option<Action> {
    serde_json::from_slice(line).ok()
}

/// As serde reads an enum, the object has exactly one key.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Index(Metadata),
    Create(Metadata),
    Delete(Metadata),
    Update(Metadata),
}

struct Metadata {
    is_known: bool,
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the metadata of an action")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut is_known = true;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    map.next_value::<IgnoredAny>()?;
                    is_known &= METADATA.contains(&key.as_ref());
                }
                Ok(Metadata { is_known })
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Bulk {
    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let bytes = block.bytes;
        if self.skipping {
            let newline = memchr::memchr(b'\n', bytes);
            self.skipping = newline.is_none();
            return Framed::Drop(newline.map_or(bytes.len(), |at| at + 1));
        }
        let mut lines = Lines { block, at: 0, number: block.origin.line };
        let mut done = 0;
        while one(&mut lines, found) {
            done = lines.at;
        }
        if 0 < done {
            return Framed::Give(done);
        }
        if block.record_bytes_max < bytes.len() {
            found.defects.push(block.too_long(block.origin));
            self.skipping = true;
            return Framed::Drop(bytes.len());
        }
        Framed::Drop(0)
    }
}

/// Takes the next action with its document, or what stands in its place; false if it is not whole.
fn one(lines: &mut Lines<'_>, found: &mut Found<'_>) -> bool {
    let block = lines.block;
    let Some(first) = lines.next() else { return false };
    let is_too_long = |end: usize| block.record_bytes_max < end - first.start;
    if is_too_long(first.end) {
        found.defects.push(block.too_long(first.place));
        return true;
    }
    let action = match action(&block.bytes[first.text.clone()]) {
        Some(Action::Delete(_)) => return true,
        Some(action) => action,
        None => {
            if !first.text.is_empty() {
                found.records.push(first.record(block, None));
            }
            return true;
        }
    };
    let second = match lines.next() {
        Some(second) => second,
        None if block.end != End::Whole => return false,
        None if is_too_long(block.bytes.len()) => {
            found.defects.push(block.too_long(first.place));
            return true;
        }
        None => {
            let why = "an action of a bulk file without its document".to_owned();
            found.defects.push(Defect { origin: first.place, why });
            return true;
        }
    };
    if is_too_long(second.end) {
        found.defects.push(block.too_long(first.place));
    } else if matches!(action, Action::Update(_)) {
        let why = "an update of a bulk file holds no whole document".to_owned();
        found.defects.push(Defect { origin: first.place, why });
    } else {
        let header = (first.text.start, first.text.end);
        found.records.push(second.record(block, Some(header)));
    }
    true
}

/// The lines of a block.
struct Lines<'b> {
    block: Block<'b>,
    at: usize,
    number: u64,
}

/// A line of a block.
struct Line {
    start: usize,
    /// The newline, or the end of the input.
    end: usize,
    /// The line without the blanks around it.
    text: Range<usize>,
    /// Where it starts in the input.
    place: Origin,
}

impl Lines<'_> {
    /// The next whole line.
    fn next(&mut self) -> Option<Line> {
        let Block { bytes, origin, end, .. } = self.block;
        let start = self.at;
        let rest = &bytes[start..];
        let length = match memchr::memchr(b'\n', rest) {
            Some(newline) => newline,
            None if rest.is_empty() || end == End::NotYet => return None,
            None if end == End::Cut && !is_object(rest) => return None,
            None => rest.len(),
        };
        let line = &rest[..length];
        let place = Origin { offset_bytes: origin.offset_bytes + start as u64, line: self.number };
        self.at = bytes.len().min(start + length + 1);
        self.number += 1;
        let first = start + (length - line.trim_ascii_start().len());
        let text = first..first + line.trim_ascii().len();
        Some(Line { start, end: start + length, text, place })
    }
}

impl Line {
    fn record(&self, block: Block<'_>, header: Option<(usize, usize)>) -> Record {
        let Range { start, end } = self.text;
        let offset_bytes = block.origin.offset_bytes + start as u64;
        Record { start, end, origin: Origin { offset_bytes, ..self.place }, header }
    }
}
