//! Rows in blocks, each under a header that says how to read them.
//!
//! A chunk has the rows of one block and its header beside them, so that whoever reads a chunk needs no other.

use super::{Block, End, Found, Framed};
use crate::limits::TABLE_HEADER_BYTES_MAX;
use crate::reader::{Defect, Record};

/// Records are blocks of rows.
pub(crate) struct Table {
    is_header: fn(&[u8]) -> bool,
    /// The header of the rows that come next.
    pub(crate) header: Vec<u8>,
    /// Whether a row was met since.
    rows: bool,
    skipping: bool,
}

impl Table {
    pub(crate) fn new(is_header: fn(&[u8]) -> bool) -> Table {
        Table { is_header, header: Vec::new(), rows: false, skipping: false }
    }

    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let bytes = block.bytes;
        if self.skipping {
            let newline = memchr::memchr(b'\n', bytes);
            self.skipping = newline.is_none();
            return Framed::Drop(newline.map_or(bytes.len(), |at| at + 1));
        }
        let mut at = 0;
        while let Some(end) = line_end(block, at) {
            let line = &bytes[at..end];
            if !(self.is_header)(line) {
                self.rows |= !line.trim_ascii().is_empty();
                at = end;
                continue;
            }
            if 0 < at {
                // The rows before it are under another header.
                return give(block, found, at);
            }
            self.add_header(line, block, found);
            return Framed::Drop(end);
        }
        if 0 < at {
            return give(block, found, at);
        }
        if block.record_bytes_max < bytes.len() {
            found.defects.push(block.too_long(block.origin));
            self.skipping = true;
            return Framed::Drop(bytes.len());
        }
        // At a cut the last row is not whole, and the error tells of it.
        Framed::Drop(if block.end == End::NotYet { 0 } else { bytes.len() })
    }

    fn add_header(&mut self, line: &[u8], block: Block<'_>, found: &mut Found<'_>) {
        if self.rows {
            self.header.clear();
            self.rows = false;
        }
        if TABLE_HEADER_BYTES_MAX < self.header.len() + line.len() {
            let why = format!("a header of more than {TABLE_HEADER_BYTES_MAX} bytes");
            found.defects.push(Defect { origin: block.origin, why });
        } else {
            self.header.extend_from_slice(line);
        }
    }
}

/// Where the line that begins at `at` ends, if it is whole.
fn line_end(block: Block<'_>, at: usize) -> Option<usize> {
    let rest = &block.bytes[at..];
    match memchr::memchr(b'\n', rest) {
        Some(newline) => Some(at + newline + 1),
        None if block.end == End::Whole && !rest.is_empty() => Some(block.bytes.len()),
        None => None,
    }
}

fn give(block: Block<'_>, found: &mut Found<'_>, end: usize) -> Framed {
    found.records.push(Record { start: 0, end, origin: block.origin, header: None });
    Framed::Give(end)
}
