//! Events from files, one after the other, with what could not be read counted.

use std::path::Path;

use anyhow::Result;
use brokerwatch_ecs::{Event, Origin, Projection};
use brokerwatch_ingest::json::{Plan, read_record};
use brokerwatch_ingest::{Chunk, Reader, Record, Records};
use bumpalo::Bump;

use crate::report;

/// Most defects of one input that are shown; all are counted.
const DEFECTS_SHOWN_MAX: u64 = 5;

/// What was read, and what was not.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    /// Inputs that were read to their end.
    pub(crate) inputs: u64,
    /// Inputs that could not be opened, recognised, or read to their end.
    pub(crate) unread_inputs: u64,
    /// Records that became events.
    pub(crate) events: u64,
    /// Records that are no documents, and text between records.
    pub(crate) malformed: u64,
    /// Values that are not of their field's type, and were left out.
    pub(crate) ill_typed: u64,
    /// Keys that stand twice in one object.
    pub(crate) duplicate_keys: u64,
}

/// Calls `on_event` with each event of an input. What cannot be read is shown and counted and stops nothing; an error
/// comes from `on_event` alone.
pub(crate) fn read(
    path: &Path,
    projection: &Projection,
    counts: &mut Counts,
    on_event: &mut dyn FnMut(&Event<'_>, &Counts) -> Result<()>,
) -> Result<()> {
    let name = path.display().to_string();
    let opened = brokerwatch_runtime::open(path).map_err(|error| error.to_string());
    let mut reader =
        match opened.and_then(|input| Reader::open(input).map_err(|error| error.to_string())) {
            Ok(reader) => reader,
            Err(why) => {
                counts.unread_inputs += 1;
                report::error(&format!("{name}: {why}"));
                return Ok(());
            }
        };
    let plan = Plan::new(projection);
    let mut shown = 0;
    let mut defect = |line: u64, why: &str, counts: &mut Counts| {
        counts.malformed += 1;
        shown += 1;
        if shown <= DEFECTS_SHOWN_MAX {
            report::note(&format!("warning: {name}:{line}: {why}"));
        } else if shown == DEFECTS_SHOWN_MAX + 1 {
            report::note(&format!(
                "warning: {name}: further malformed records are counted, not shown"
            ));
        }
    };
    let mut arena = Bump::new();
    let mut chunk = Chunk::default();
    loop {
        match reader.next_chunk(&mut chunk) {
            Ok(true) => {}
            Ok(false) => {
                counts.inputs += 1;
                return Ok(());
            }
            Err(error) => {
                counts.unread_inputs += 1;
                report::error(&format!("{name}: {error}"));
                return Ok(());
            }
        }
        arena.reset();
        for found in &chunk.defects {
            defect(found.origin.line, &found.why, counts);
        }
        let mut event = Event::new(projection);
        let records = match &chunk.records {
            Records::Lines => lines(&chunk),
            Records::Spans(records) => records.clone(),
        };
        for record in &records {
            let source = chunk.bytes[record.start..record.end].trim_ascii();
            event.reset(source, record.origin);
            match read_record(source, &plan, &arena, &mut event) {
                Ok(warnings) => {
                    counts.events += 1;
                    counts.ill_typed += u64::from(warnings.ill_typed);
                    counts.duplicate_keys += u64::from(warnings.duplicate_keys);
                    on_event(&event, counts)?;
                }
                Err(error) => defect(record.origin.line, &error.to_string(), counts),
            }
        }
    }
}

/// The lines of a chunk that are not blank.
fn lines(chunk: &Chunk) -> Vec<Record> {
    let mut records = Vec::new();
    let mut origin = chunk.origin;
    let mut start = 0;
    for line in chunk.bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        if !line.trim_ascii().is_empty() {
            records.push(Record { start, end, origin, header: None });
        }
        start = end;
        let offset_bytes = origin.offset_bytes + line.len() as u64;
        origin = Origin { offset_bytes, line: origin.line + 1 };
    }
    records
}
