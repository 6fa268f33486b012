//! One stream of bytes, already unpacked, to chunks: reading block by block, and what a framing leaves over.

use std::io::{self, Read};

use brokerwatch_ecs::Origin;

use crate::framing::{Block, End, Found, Framed, Framing, Told, newlines};
use crate::reader::{Bounds, Chunk, Defect, ReadError, Record, Records};
use crate::readers::Source;

/// Reads one stream.
pub(crate) struct Plain {
    input: Box<dyn Read + Send>,
    framing: Framing,
    source: Option<&'static Source>,
    bounds: Bounds,
    /// Bytes that were read and belong to a record that is not whole yet.
    rest: Vec<u8>,
    /// The place of the first byte that was not given out.
    at: Origin,
    end: End,
    /// Why the input ended; told once what was whole is given out.
    failure: Option<ReadError>,
}

impl Plain {
    /// A reader of what comes after `offset_bytes` of a stream.
    pub(crate) fn new(
        input: Box<dyn Read + Send>,
        told: Told,
        bounds: Bounds,
        offset_bytes: u64,
    ) -> Plain {
        Plain {
            input,
            framing: told.framing,
            source: told.source,
            bounds,
            rest: Vec::new(),
            at: Origin { offset_bytes, line: 1 },
            end: End::NotYet,
            failure: None,
        }
    }

    /// Fills `chunk` with the next records, using its memory again; false at the end, when the chunk is empty. What was
    /// whole before an error is given out before it; after it there is nothing more.
    pub(crate) fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        let mut list = chunk.records.take_list();
        chunk.defects.clear();
        let (given, filled) = self.fill(&mut chunk.bytes, &mut list, &mut chunk.defects);
        self.rest.extend_from_slice(&chunk.bytes[given..filled]);
        chunk.bytes.truncate(given);
        chunk.origin = self.at;
        chunk.lines = self.pass(&chunk.bytes);
        if !self.framing.is_lines() {
            chunk.records = Records::Spans(list);
        }
        chunk.source = self.source;
        chunk.header.clear();
        chunk.header.extend_from_slice(self.framing.header());
        chunk.member = None;
        if given == 0 && chunk.defects.is_empty() {
            return self.failure.take().map_or(Ok(false), Err);
        }
        Ok(true)
    }

    /// Reads until there is a record. Gives how many bytes hold records, and how many there are.
    ///
    /// `bytes` stays as long as it was or grows, because making it longer again would fill it with zeros first.
    fn fill(
        &mut self,
        bytes: &mut Vec<u8>,
        records: &mut Vec<Record>,
        defects: &mut Vec<Defect>,
    ) -> (usize, usize) {
        let mut found = Found { records, defects };
        let mut filled = self.rest.len();
        let mut fresh = filled;
        let mut wanted = filled + self.bounds.block_bytes;
        grow(bytes, wanted);
        bytes[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            filled = self.read_to(&mut bytes[..wanted], filled);
            let block = Block {
                bytes: &bytes[..filled],
                fresh,
                origin: self.at,
                end: self.end,
                record_bytes_max: self.bounds.record_bytes_max,
            };
            match self.framing.frame(block, &mut found) {
                Framed::Give(length) => return (length, filled),
                Framed::Drop(0) if self.end != End::NotYet => return (0, filled),
                Framed::Drop(0) => {
                    fresh = filled;
                    // A record that grows is read in steps that grow, so that it is not copied too often.
                    wanted = filled + filled.max(self.bounds.block_bytes);
                    grow(bytes, wanted);
                }
                Framed::Drop(length) => {
                    self.pass(&bytes[..length]);
                    bytes.copy_within(length..filled, 0);
                    filled -= length;
                    fresh = 0;
                    // What is left is looked at before more is read.
                    wanted = if filled == 0 { self.bounds.block_bytes } else { filled };
                    grow(bytes, wanted);
                }
            }
        }
    }

    /// Fills a buffer from `filled` on, as far as the input goes. Gives how much of it is filled.
    fn read_to(&mut self, buffer: &mut [u8], mut filled: usize) -> usize {
        while self.end == End::NotYet && filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => self.end = End::Whole,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    let after_bytes = self.at.offset_bytes + filled as u64;
                    self.failure = Some(ReadError::Io { after_bytes, cause });
                    self.end = End::Cut;
                }
            }
        }
        filled
    }

    /// Moves on behind bytes that are done with. Gives the number of newlines in them.
    fn pass(&mut self, bytes: &[u8]) -> u64 {
        let lines = newlines(bytes);
        self.at.offset_bytes += bytes.len() as u64;
        self.at.line += lines;
        lines
    }
}

fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}
