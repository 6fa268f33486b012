//! Windows event logs: a file header, then chunks of a fixed size, each of which can be read alone.
//!
//! Source: the layout as libevtx documents it (`Windows XML Event Log (EVTX)`, sections 2 and 3).

use super::{Block, End, Found, Framed};
use crate::reader::{Defect, Record};

/// How a file of this kind begins.
pub(crate) const MAGIC: &[u8] = b"ElfFile\0";

/// How much of the file the header takes.
const HEADER_BYTES: usize = 4096;

/// The size of a chunk.
const CHUNK_BYTES: usize = 64 << 10;

/// The shortest part of a cut chunk that can hold a record: the chunk's header, then the record's.
const CUT_CHUNK_BYTES_MIN: usize = 512 + 28;

/// Records are chunks.
#[derive(Default)]
pub(crate) struct Evtx {
    header_is_passed: bool,
}

impl Evtx {
    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let length = block.bytes.len();
        if !self.header_is_passed {
            return match (length, block.end) {
                (HEADER_BYTES.., _) => {
                    self.header_is_passed = true;
                    Framed::Drop(HEADER_BYTES)
                }
                (_, End::NotYet) => Framed::Drop(0),
                _ => {
                    // What is left is asked for again.
                    self.header_is_passed = true;
                    let why = "the header of the event log is cut".to_owned();
                    found.defects.push(Defect { origin: place(block, 0), why });
                    Framed::Drop(length)
                }
            };
        }
        let mut done = 0;
        while CHUNK_BYTES <= length - done {
            record(block, found, done, done + CHUNK_BYTES);
            done += CHUNK_BYTES;
        }
        if block.end != End::NotYet && done < length {
            // What is whole in it can be read.
            if CUT_CHUNK_BYTES_MIN <= length - done {
                record(block, found, done, length);
            }
            let origin = place(block, done);
            let why =
                format!("the last chunk of the event log is cut after {} bytes", length - done);
            found.defects.push(Defect { origin, why });
            done = length;
        }
        if found.records.is_empty() { Framed::Drop(done) } else { Framed::Give(done) }
    }
}

fn record(block: Block<'_>, found: &mut Found<'_>, start: usize, end: usize) {
    found.records.push(Record { start, end, origin: place(block, start), header: None });
}

/// A place in a file that has no lines.
fn place(block: Block<'_>, at: usize) -> brokerwatch_ecs::Origin {
    brokerwatch_ecs::Origin { offset_bytes: block.origin.offset_bytes + at as u64, line: 0 }
}
