//! Framing: where records begin and end in a stream of bytes. Told once from the head of an input, then kept.
//!
//! A framing sees one block after the other. It never copies and never holds bytes: it says how much of the block is
//! done with, and the reader puts the rest in front of the next block.

use brokerwatch_ecs::Origin;

use crate::reader::{Defect, Record};

mod bulk;
mod documents;
pub(crate) mod elements;
mod evtx;
mod lines;
mod table;
mod tell;

pub(crate) use tell::{Told, tell, tell_as};

/// The bytes that a framing looks at.
#[derive(Clone, Copy)]
pub(crate) struct Block<'b> {
    pub(crate) bytes: &'b [u8],
    /// The first byte that the framing has not seen before.
    pub(crate) fresh: usize,
    /// The place of the first byte.
    pub(crate) origin: Origin,
    pub(crate) end: End,
    pub(crate) record_bytes_max: usize,
}

/// How an input goes on after a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// There may be more.
    NotYet,
    /// It ended.
    Whole,
    /// Reading failed. A record that the cut goes through is no record; the error tells of it.
    Cut,
}

/// What a framing makes of a block.
pub(crate) enum Framed {
    /// The records lie in the first so many bytes, at least one.
    Give(usize),
    /// The first so many bytes hold none, and no record lies in the rest yet. With 0 more bytes are needed.
    Drop(usize),
}

/// What a framing finds.
pub(crate) struct Found<'f> {
    pub(crate) records: &'f mut Vec<Record>,
    pub(crate) defects: &'f mut Vec<Defect>,
}

/// How the records lie in an input.
pub(crate) enum Framing {
    /// One a line.
    Lines(lines::Lines),
    /// JSON objects between blanks, in arrays, and in the answers of Elasticsearch.
    Documents(documents::Documents),
    /// Action lines and documents of Elasticsearch's bulk format.
    Bulk(bulk::Bulk),
    /// Rows under headers.
    Table(table::Table),
    /// Events as elements of XML.
    Elements(elements::Elements),
    /// Chunks of a Windows event log.
    Evtx(evtx::Evtx),
}

impl Framing {
    /// Whether the records of a chunk are its lines, so that none are listed.
    pub(crate) fn is_lines(&self) -> bool {
        matches!(self, Framing::Lines(_))
    }

    /// What says how to read the records that were found last; empty if nothing has to be said.
    pub(crate) fn header(&self) -> &[u8] {
        match self {
            Framing::Table(table) => &table.header,
            _ => &[],
        }
    }

    /// Finds the records of a block. At the end of the input what is left is asked for again, until nothing is found in it.
    pub(crate) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        match self {
            Framing::Lines(lines) => lines.frame(block, found),
            Framing::Documents(documents) => documents.frame(block, found),
            Framing::Bulk(bulk) => bulk.frame(block, found),
            Framing::Table(table) => table.frame(block, found),
            Framing::Elements(elements) => elements.frame(block, found),
            Framing::Evtx(evtx) => evtx.frame(block, found),
        }
    }
}

impl Block<'_> {
    fn too_long(&self, origin: Origin) -> Defect {
        let why = format!("a record of more than {} bytes", self.record_bytes_max);
        Defect { origin, why }
    }
}

/// The line of a byte, counted on from the byte that was asked for before.
struct LineCount {
    at: usize,
    line: u64,
}

impl Default for LineCount {
    fn default() -> Self {
        LineCount { at: 0, line: 1 }
    }
}

impl LineCount {
    /// The place of a byte that lies behind all that were asked for before.
    fn place(&mut self, at: usize, block: Block<'_>) -> Origin {
        self.line += newlines(&block.bytes[self.at..at]);
        self.at = at;
        Origin { offset_bytes: block.origin.offset_bytes + at as u64, line: self.line }
    }

    /// Counts on to a byte and takes places back by what lies before it.
    fn forget(&mut self, done: usize, block: Block<'_>) {
        self.place(done, block);
        self.at -= done;
    }
}

pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Whether a line is a whole JSON object.
fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}
