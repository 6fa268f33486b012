//! From a stream of bytes to chunks of whole records: decompression and framing, both told from the content.
//!
//! Records are JSON objects, one a line, or anywhere in arrays and between blanks. What cannot be framed is counted
//! as a defect with its place; a record past the bound is skipped without being held in memory.

use std::io::{self, Read};

use brokerwatch_ecs::Origin;
use flate2::read::MultiGzDecoder;
use thiserror::Error;

use crate::limits::{BLOCK_BYTES, RECORD_BYTES_MAX};

/// How many lines of the first block are tried when the framing is told.
const SNIFFED_LINES: usize = 16;

/// Some whole records, in the order of the input.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes that the records lie in.
    pub bytes: Vec<u8>,
    /// The records.
    pub records: Vec<Record>,
    /// What could not be framed.
    pub defects: Vec<Defect>,
}

/// One record of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The first byte in the chunk.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// Where it stands in the input.
    pub origin: Origin,
}

/// Something in an input that is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Where it begins.
    pub origin: Origin,
    /// What is wrong with it.
    pub why: String,
}

/// Why an input, or the rest of it, cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The machine, or a damaged or cut archive.
    #[error("reading stopped after {after_bytes} bytes: {cause}")]
    Io {
        /// Decompressed bytes that were read before.
        after_bytes: u64,
        /// The cause.
        cause: io::Error,
    },
    /// The content is nothing that is read here.
    #[error("not JSON: it looks like {0}")]
    Unrecognised(&'static str),
}

/// Reads one input.
pub struct Reader {
    input: Box<dyn Read + Send>,
    framing: Framing,
    /// Bytes that were read and not given out.
    pending: Vec<u8>,
    /// The place of the first pending byte.
    at: Origin,
    ended: bool,
}

enum Framing {
    Lines { skipping: Option<Origin> },
    Documents(Scan),
}

impl Framing {
    /// The last chunk of an input that ended inside a record past the bound, once.
    fn cut_short(&mut self) -> Option<Chunk> {
        let (Framing::Lines { skipping } | Framing::Documents(Scan { skipping, .. })) = self;
        let defects = vec![too_long(skipping.take()?)];
        Some(Chunk { defects, ..Chunk::default() })
    }
}

/// Where the search for the end of a document stands.
#[derive(Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
    start: Option<usize>,
    skipping: Option<Origin>,
}

impl Reader {
    /// Opens an input: tells compression and framing from its first block.
    pub fn open(mut input: Box<dyn Read + Send>) -> Result<Reader, ReadError> {
        let head = read_block(&mut input, 4)?;
        let rest = io::Cursor::new(head.clone()).chain(input);
        let mut input: Box<dyn Read + Send> = match head.as_slice() {
            [0x1F, 0x8B, ..] => Box::new(MultiGzDecoder::new(rest)),
            [0x28, 0xB5, 0x2F, 0xFD] => Box::new(
                zstd::Decoder::new(rest)
                    .map_err(|cause| ReadError::Io { after_bytes: 0, cause })?,
            ),
            _ => Box::new(rest),
        };
        let mut pending = read_block(&mut input, BLOCK_BYTES)?;
        let mut at = Origin { offset_bytes: 0, line: 1 };
        if pending.starts_with(b"\xEF\xBB\xBF") {
            pending.drain(..3);
            at.offset_bytes = 3;
        }
        let framing = tell_framing(&pending)?;
        Ok(Reader { input, framing, pending, at, ended: false })
    }

    /// The next records; `None` at the end. After an error there is nothing more.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, ReadError> {
        if self.ended && self.pending.is_empty() {
            return Ok(self.framing.cut_short());
        }
        let mut failure = None;
        if !self.ended {
            let before = self.pending.len();
            let result = (&mut self.input).take(BLOCK_BYTES as u64).read_to_end(&mut self.pending);
            self.ended = before == self.pending.len() || result.is_err();
            failure = result.err();
        }
        let chunk = match &self.framing {
            Framing::Lines { .. } => self.lines(),
            Framing::Documents(_) => self.documents(),
        };
        match failure {
            // What was read before is given out first; the error comes with the next call.
            Some(cause) if chunk.records.is_empty() && chunk.defects.is_empty() => {
                Err(ReadError::Io { after_bytes: self.at.offset_bytes, cause })
            }
            Some(cause) => {
                self.input = Box::new(Broken(Some(cause)));
                self.ended = false;
                Ok(Some(chunk))
            }
            None => Ok(Some(chunk)),
        }
    }

    fn lines(&mut self) -> Chunk {
        let Framing::Lines { skipping } = &mut self.framing else { return Chunk::default() };
        let mut chunk = Chunk::default();
        let end = match memchr::memrchr(b'\n', &self.pending) {
            Some(last) => last + 1,
            None if self.ended => self.pending.len(),
            None if RECORD_BYTES_MAX < self.pending.len() => {
                skipping.get_or_insert(self.at);
                self.at.offset_bytes += self.pending.len() as u64;
                self.pending.clear();
                return chunk;
            }
            None => return chunk,
        };
        let rest = self.pending.split_off(end);
        chunk.bytes = std::mem::replace(&mut self.pending, rest);
        let mut start = 0;
        while start < end {
            let newline = memchr::memchr(b'\n', &chunk.bytes[start..]).map(|length| start + length);
            let stop = newline.unwrap_or(end);
            let origin = Origin { offset_bytes: self.at.offset_bytes + start as u64, ..self.at };
            if let Some(origin) = skipping.take() {
                chunk.defects.push(too_long(origin));
            } else if chunk.bytes[start..stop].iter().any(|byte| !byte.is_ascii_whitespace()) {
                chunk.records.push(Record { start, end: stop, origin });
            }
            self.at.line += u64::from(newline.is_some());
            start = stop + 1;
        }
        self.at.offset_bytes += end as u64;
        chunk
    }

    fn documents(&mut self) -> Chunk {
        let Framing::Documents(scan) = &mut self.framing else { return Chunk::default() };
        let mut chunk = Chunk::default();
        let mut line = self.at.line + newlines(&self.pending[..scan.at]);
        let mut done = 0;
        let before = scan.start.unwrap_or_default();
        let mut start_line = self.at.line + newlines(&self.pending[..before]);
        while scan.at < self.pending.len() {
            let byte = self.pending[scan.at];
            let place = Origin { offset_bytes: self.at.offset_bytes + scan.at as u64, line };
            line += u64::from(byte == b'\n');
            match scan.step(byte) {
                Step::Inside => {}
                Step::Begins => {
                    scan.start = Some(scan.at);
                    start_line = place.line;
                }
                Step::Ends => {
                    if let Some(origin) = scan.skipping.take() {
                        chunk.defects.push(too_long(origin));
                    } else if let Some(start) = scan.start.take() {
                        let offset_bytes = self.at.offset_bytes + start as u64;
                        let origin = Origin { offset_bytes, line: start_line };
                        chunk.records.push(Record { start, end: scan.at + 1, origin });
                    }
                    done = scan.at + 1;
                }
                Step::Stray => chunk.defects.push(Defect {
                    origin: place,
                    why: format!("`{}` between documents", char::from(byte).escape_default()),
                }),
            }
            scan.at += 1;
        }
        if let Some(start) = scan.start.filter(|start| RECORD_BYTES_MAX < scan.at - start) {
            let offset_bytes = self.at.offset_bytes + start as u64;
            scan.skipping = Some(Origin { offset_bytes, line: start_line });
            scan.start = None;
        }
        if self.ended
            && let Some(start) = scan.start.take()
        {
            // The last document has no end: hand it out, and the parser says so.
            let origin =
                Origin { offset_bytes: self.at.offset_bytes + start as u64, line: start_line };
            chunk.records.push(Record { start, end: scan.at, origin });
        }
        if scan.start.is_none() {
            // Nothing is being kept, also while a document past the bound is skipped.
            done = scan.at;
        }
        self.at = Origin {
            offset_bytes: self.at.offset_bytes + done as u64,
            line: self.at.line + newlines(&self.pending[..done]),
        };
        scan.at -= done;
        scan.start = scan.start.map(|start| start - done);
        let rest = self.pending.split_off(done);
        chunk.bytes = std::mem::replace(&mut self.pending, rest);
        chunk
    }
}

enum Step {
    Inside,
    Begins,
    Ends,
    Stray,
}

impl Scan {
    fn step(&mut self, byte: u8) -> Step {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return Step::Inside;
        }
        match byte {
            b'{' => {
                self.depth += 1;
                if self.depth == 1 { Step::Begins } else { Step::Inside }
            }
            b'}' if self.depth == 1 => {
                self.depth = 0;
                Step::Ends
            }
            b'}' if 0 < self.depth => {
                self.depth -= 1;
                Step::Inside
            }
            b'"' if 0 < self.depth => {
                self.in_text = true;
                Step::Inside
            }
            _ if 0 < self.depth || byte.is_ascii_whitespace() => Step::Inside,
            b'[' | b']' | b',' => Step::Inside,
            _ => Step::Stray,
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn too_long(origin: Origin) -> Defect {
    Defect { origin, why: format!("a record of more than {RECORD_BYTES_MAX} bytes") }
}

fn read_block(input: &mut Box<dyn Read + Send>, bytes: usize) -> Result<Vec<u8>, ReadError> {
    let mut block = Vec::new();
    input
        .take(bytes as u64)
        .read_to_end(&mut block)
        .map_err(|cause| ReadError::Io { after_bytes: block.len() as u64, cause })?;
    Ok(block)
}

fn tell_framing(head: &[u8]) -> Result<Framing, ReadError> {
    let lines = || Ok(Framing::Lines { skipping: None });
    let mut tried = head.split(|&byte| byte == b'\n').take(SNIFFED_LINES);
    let object = |line: &[u8]| {
        line.first() == Some(&b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
    };
    match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => Ok(Framing::Documents(Scan::default())),
        _ if tried.any(object) => lines(),
        None => lines(),
        Some(b'{') => {
            let starts = head
                .split(|&byte| byte == b'\n')
                .filter(|line| line.starts_with(b"{") && 1 < line.trim_ascii().len())
                .count();
            let one_line = memchr::memchr(b'\n', head).is_none();
            if 1 < starts || one_line { lines() } else { Ok(Framing::Documents(Scan::default())) }
        }
        Some(_) => Err(ReadError::Unrecognised(looks_like(head))),
    }
}

fn looks_like(head: &[u8]) -> &'static str {
    match head {
        [b'P', b'K', 3 | 5, ..] => "a zip archive, which has to be unpacked first",
        [b'E', b'l', b'f', b'F', b'i', b'l', b'e', ..] => "a Windows event log (EVTX)",
        [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0x0A, 0x0D, 0x0D, 0x0A, ..] => "a packet capture",
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "UTF-16 text, which has to be converted to UTF-8",
        [b'<', ..] => "XML",
        _ if std::str::from_utf8(head).is_ok() => "plain text",
        _ => "binary data",
    }
}

/// An input that gives one error and ends.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0.take() {
            Some(error) => Err(error),
            None => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// All records with their lines, the number of defects, and whether reading ended in an error.
    fn read(input: &[u8]) -> (Vec<(String, u64)>, usize, bool) {
        let mut reader = Reader::open(Box::new(io::Cursor::new(input.to_vec()))).unwrap();
        let (mut records, mut defects) = (Vec::new(), 0);
        loop {
            match reader.next_chunk() {
                Ok(Some(chunk)) => {
                    defects += chunk.defects.len();
                    for record in &chunk.records {
                        let text = String::from_utf8_lossy(&chunk.bytes[record.start..record.end]);
                        records.push((text.trim().to_owned(), record.origin.line));
                    }
                }
                Ok(None) => return (records, defects, false),
                Err(_) => return (records, defects, true),
            }
        }
    }

    fn expected(records: &[(&str, u64)]) -> Vec<(String, u64)> {
        records.iter().map(|(text, line)| ((*text).to_owned(), *line)).collect()
    }

    #[test]
    fn framing_is_told_from_the_content() {
        let lines = read(b"\xEF\xBB\xBF{\"a\":1}\r\n\nnot json\n{\"a\":2}");
        assert_eq!(
            lines,
            (expected(&[("{\"a\":1}", 1), ("not json", 3), ("{\"a\":2}", 4)]), 0, false)
        );
        let array = read(b"[\n{\"a\":\"}\\\"\"},\n {\"b\":[{}]}\n]");
        assert_eq!(array, (expected(&[("{\"a\":\"}\\\"\"}", 2), ("{\"b\":[{}]}", 3)]), 0, false));
        let pretty = read(b"{\n \"a\": 1\n}\n{\n \"a\": 2\n}\nx");
        assert_eq!((pretty.0.len(), pretty.1), (2, 1));
        assert_eq!(read(b""), (Vec::new(), 0, false));
    }

    #[test]
    fn what_is_no_json_says_what_it_is() {
        for (input, what) in
            [(&b"PK\x03\x04"[..], "zip"), (b"ElfFile\0", "EVTX"), (b"hello", "plain text")]
        {
            let error = Reader::open(Box::new(io::Cursor::new(input.to_vec()))).err().unwrap();
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn compressed_input_is_read_and_a_cut_one_is_read_as_far_as_it_goes() {
        let plain = "{\"a\":1}\n".repeat(200_000);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(plain.as_bytes()).unwrap();
        let gz = gz.finish().unwrap();
        let zst = zstd::encode_all(plain.as_bytes(), 1).unwrap();
        for packed in [gz, zst] {
            let (records, _, failed) = read(&packed);
            assert_eq!((records.len(), failed), (200_000, false));
            let (records, _, failed) = read(&packed[..packed.len() - 8]);
            assert!(failed && records.len() <= 200_000);
        }
    }

    #[test]
    fn a_record_that_lies_across_blocks_keeps_its_line() {
        let long = "x".repeat(BLOCK_BYTES * 2);
        let input = format!("[{{\"a\":1}},\n\n\n{{\"a\":\n\"{long}\"}},\n{{\"a\":2}}]");
        let lines: Vec<u64> = read(input.as_bytes()).0.iter().map(|(_, line)| *line).collect();
        assert_eq!(lines, [1, 4, 6]);
    }

    #[test]
    fn an_endless_record_at_the_end_is_counted() {
        for start in ["{\"a\":1}\n{\"a\":\"", "[{\"a\":1},\n{\"a\":\""] {
            let mut input = start.as_bytes().to_vec();
            input.resize(RECORD_BYTES_MAX * 2, b'x');
            let (records, defects, failed) = read(&input);
            assert_eq!((records.len(), defects, failed), (1, 1, false), "{start}");
        }
    }

    #[test]
    fn an_endless_line_is_skipped_and_the_rest_is_read() {
        let mut input = vec![b'x'; RECORD_BYTES_MAX * 2];
        input.splice(0..0, b"{\"a\":1}\n".iter().copied());
        input.extend(b"\n{\"a\":2}\n");
        let (records, defects, _) = read(&input);
        assert_eq!((records, defects), (expected(&[("{\"a\":1}", 1), ("{\"a\":2}", 3)]), 1));
    }
}
