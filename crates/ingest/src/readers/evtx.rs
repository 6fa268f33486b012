//! Windows event logs (EVTX), chunk by chunk.
//!
//! A chunk has its own tables of strings and templates, so a damaged one costs no other. Records are read from their
//! binary XML. Where a chunk is damaged, or a record is not of the usual kind, records are rendered to XML instead, which
//! is what Windows itself gives programs, and read like any other event.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, ParserSettings};

use super::binxml::Chunk;
use super::event_xml::EventXml;
use super::{Item, Layout, OnItem, Raw, Source, SourcePlan, same_path};

/// Windows event logs.
pub(crate) static SOURCE: Source = Source {
    name: "windows-evtx",
    title: "Windows event log (EVTX)",
    mapping: "windows",
    layout: Layout::Evtx,
    items,
    path: same_path,
};

/// What stands before the content of a record: magic, size, number, time.
const RECORD_HEADER_BYTES: usize = 24;

static SETTINGS: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(ParserSettings::default().indent(false)));

fn items<'c>(record: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    // Windows makes room for chunks before it writes them.
    if !record.bytes.is_empty() && record.bytes.iter().all(|byte| *byte == 0) {
        return;
    }
    let chunk = Chunk::new(record.bytes);
    let Ok(starts) = chunk.records() else {
        return render(record.bytes, &mut |at, rendered| match rendered {
            Ok(xml) => on_item(at, Ok(&rendered_event(arena.alloc_str(&xml)))),
            Err(why) => on_item(at, Err(why)),
        });
    };
    let rendered = OnceCell::new();
    for start in starts {
        on_item(
            start,
            Ok(&Record { chunk: &chunk, start, bytes: record.bytes, rendered: &rendered }),
        );
    }
}

/// A record of a chunk that is whole.
struct Record<'r, 'c> {
    chunk: &'r Chunk<'c>,
    start: usize,
    bytes: &'c [u8],
    /// All records of the chunk, if one of them had to be rendered.
    rendered: &'r OnceCell<HashMap<usize, Rendered>>,
}

/// A record as XML, or why it cannot be read.
type Rendered = Result<String, String>;

impl<'c> Item<'c> for Record<'_, 'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        if self.chunk.read(self.start, plan, arena, fields).is_ok() {
            return Ok(());
        }
        fields.reset(fields.source, fields.origin);
        let rendered = self.rendered.get_or_init(|| {
            let mut rendered = HashMap::new();
            render(self.bytes, &mut |at, one| {
                rendered.insert(at, one);
            });
            rendered
        });
        match rendered.get(&self.start) {
            Some(Ok(xml)) => rendered_event(arena.alloc_str(xml)).fill(plan, arena, fields),
            Some(Err(why)) => Err(why.clone()),
            None => Err("unreadable record".to_owned()),
        }
    }
}

fn rendered_event(text: &str) -> EventXml<'_> {
    EventXml { text, is_rendered: true }
}

/// Calls back with each record of a chunk, rendered, and its place. An error at 0 is about the chunk.
fn render(bytes: &[u8], found: &mut dyn FnMut(usize, Rendered)) {
    // Checksums are not asked for: logs of a machine that stopped are dirty, and their records are good.
    let mut chunk = match EvtxChunkData::new(bytes.to_vec(), false) {
        Ok(chunk) => chunk,
        Err(error) => return found(0, Err(reason("chunk", &error))),
    };
    let mut chunk = match chunk.parse(SETTINGS.clone()) {
        Ok(chunk) => chunk,
        Err(error) => return found(0, Err(reason("chunk", &error))),
    };
    for record in chunk.iter() {
        match record {
            Ok(record) => {
                let at = (record.binxml_offset as usize).saturating_sub(RECORD_HEADER_BYTES);
                let xml = record.into_xml().map(|xml| xml.data);
                found(at, xml.map_err(|error| reason("record", &error)));
            }
            Err(error) => found(place(&error, bytes), Err(reason("record", &error))),
        }
    }
}

/// Where a record is that an error is about.
fn place(error: &EvtxError, chunk: &[u8]) -> usize {
    match error {
        EvtxError::FailedToReadRecordAt { offset, .. } => *offset as usize,
        EvtxError::FailedToParseRecord { record_id, .. } => {
            let number = record_id.to_le_bytes();
            let starts = memchr::memmem::find_iter(chunk, b"**\0\0");
            let is_it = |at: &usize| chunk.get(at + 8..at + 16) == Some(&number[..]);
            { starts }.find(is_it).unwrap_or(0)
        }
        _ => 0,
    }
}

/// What is wrong, with its causes, in our style: the crate's messages are sentences.
fn reason(what: &str, error: &dyn std::error::Error) -> String {
    let mut reason = format!("unreadable {what}");
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        let message = message.trim_end_matches('.');
        let (first, rest) = message.split_at(message.chars().next().map_or(0, char::len_utf8));
        reason.push_str(": ");
        reason.push_str(&first.to_lowercase());
        reason.push_str(rest);
        next = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::{Path, PathBuf};

    use brokerwatch_ecs::{Projection, Schema};

    use super::*;
    use crate::normalise;

    /// The files below a folder of the corpus, unpacked.
    #[expect(clippy::disallowed_methods, reason = "tests read their cases from files")]
    fn logs(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut logs = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                logs.extend(self::logs(&path));
                continue;
            }
            let mut bytes = std::fs::read(&path).expect("the file can be read");
            if bytes.starts_with(&[0x1F, 0x8B]) {
                let packed = std::mem::take(&mut bytes);
                let mut plain = flate2::read::MultiGzDecoder::new(&packed[..]);
                plain.read_to_end(&mut bytes).expect("the file is whole");
            }
            if bytes.starts_with(b"ElfFile\0") {
                logs.push((path, bytes));
            }
        }
        logs.sort();
        logs
    }

    /// Every field that the mapping reads, and all data.
    fn plan() -> SourcePlan {
        let (_, text) =
            normalise::ALL.iter().find(|(name, _)| *name == "windows").expect("it is there");
        let mapping = normalise::load(text).expect("the mapping is right");
        let mut wanted = Projection::new();
        for name in mapping.statements.iter().flat_map(normalise::Statement::reads) {
            wanted.want(name, &Schema::strict());
        }
        for name in ["EventData.*", "UserData.*"] {
            wanted.want(name, &Schema::strict());
        }
        SourcePlan::new(&wanted, &SOURCE)
    }

    fn values(plan: &SourcePlan, fields: &Event<'_>) -> Vec<String> {
        let values = plan.projection.fields().flat_map(|(slot, field)| {
            let name = field.name.clone();
            fields.values(slot).iter().map(move |value| format!("{name}={value}"))
        });
        values.collect()
    }

    #[test]
    fn records_have_the_same_fields_read_and_rendered() {
        let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/windows-evtx") else {
            return;
        };
        let plan = plan();
        let (mut read, mut refused) = (0, 0);
        for (path, log) in logs(&corpus) {
            for bytes in log[4096..].chunks(65_536) {
                let chunk = Chunk::new(bytes);
                let Ok(starts) = chunk.records() else { continue };
                let arena = Bump::new();
                let mut rendered = Vec::new();
                render(bytes, &mut |at, one| rendered.push((at, one)));
                assert_eq!(starts.len(), rendered.len(), "{}", path.display());
                for (start, (at, xml)) in starts.into_iter().zip(rendered) {
                    assert_eq!(start, at, "{}", path.display());
                    let mut fields = Event::new(&plan.projection);
                    if chunk.read(start, &plan, &arena, &mut fields).is_err() {
                        refused += 1;
                        continue;
                    }
                    read += 1;
                    let xml = xml.expect("what can be read can be rendered");
                    let mut expected = Event::new(&plan.projection);
                    let event = rendered_event(arena.alloc_str(&xml));
                    event.fill(&plan, &arena, &mut expected).expect("the crate renders well");
                    let (ours, theirs) = (values(&plan, &fields), values(&plan, &expected));
                    assert_eq!(ours, theirs, "{} at {start}", path.display());
                }
            }
        }
        assert!(800 < read, "{read} records were read");
        assert!(refused * 50 < read, "{refused} of {} records had to be rendered", read + refused);
    }
}
