//! Lines that together make one event, put together: see [`Joiner`].

use memchr::memchr_iter;

use crate::plain::Plain;
use crate::reader::{Chunk, ReadError, Record, Records};
use crate::readers::{Joined, Joiner};

/// Reads a stream of such lines.
pub(crate) struct Joining {
    plain: Plain,
    joiner: Joiner,
    lines: Chunk,
    /// Why the stream ended; told once what was whole is given out.
    failure: Option<ReadError>,
    has_ended: bool,
}

impl Joining {
    pub(crate) fn new(plain: Plain) -> Joining {
        let (joiner, lines) = (Joiner::new(), Chunk::default());
        Joining { plain, joiner, lines, failure: None, has_ended: false }
    }

    /// Fills `chunk` with the next events; false at the end.
    pub(crate) fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        chunk.clear();
        let mut records = Vec::new();
        while !self.has_ended && records.is_empty() && chunk.defects.is_empty() {
            let bytes = &mut chunk.bytes;
            let mut give = |joined: Joined| {
                let start = bytes.len();
                bytes.extend_from_slice(&joined.bytes);
                records.push(Record {
                    start,
                    end: bytes.len(),
                    origin: joined.origin,
                    header: None,
                });
            };
            match self.plain.next_chunk(&mut self.lines) {
                Ok(true) => {
                    let (mut origin, bytes) = (self.lines.origin, &self.lines.bytes);
                    let mut start = 0;
                    let ends = memchr_iter(b'\n', bytes).map(|newline| newline + 1);
                    for end in ends.chain([bytes.len()]) {
                        self.joiner.push_line(&bytes[start..end], origin, &mut give);
                        origin.offset_bytes += (end - start) as u64;
                        origin.line += 1;
                        start = end;
                    }
                    chunk.defects.append(&mut self.lines.defects);
                }
                end => {
                    self.joiner.finish(&mut give);
                    self.failure = end.err();
                    self.has_ended = true;
                }
            }
        }
        chunk.source = self.lines.source;
        if records.is_empty() && chunk.defects.is_empty() {
            return self.failure.take().map_or(Ok(false), Err);
        }
        chunk.records = Records::Spans(records);
        Ok(true)
    }
}
