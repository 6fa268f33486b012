//! From a stream of bytes to chunks of whole records: decompression, archives, text encoding, source and framing, all told
//! from the content.
//!
//! Memory stays bounded whatever the input is: a chunk holds one block and the record that it cuts, a record past the
//! bound is skipped without being held. Chunks are filled in place and their memory is used again, so that a plain file
//! costs little more than the system calls that read it.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use brokerwatch_ecs::Origin;
use thiserror::Error;

use crate::framing::{tell, tell_as};
use crate::joining::Joining;
use crate::limits::{ARCHIVE_DEPTH_MAX, BLOCK_BYTES, HEAD_BYTES, RECORD_BYTES_MAX};
use crate::packed::{self, Packing, Tally};
use crate::plain::Plain;
use crate::readers::{Layout, Source};
use crate::tar::{self, Walk};
use crate::utf16::{MARK_BYTES, Order, Utf16};

/// What some editors write in front of UTF-8.
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How much of an input tells how it is compressed.
const PACKING_MARK_BYTES: usize = 4;

/// The first step in which the head of an input is read: most inputs are no larger.
const LOOK_STEP_BYTES: usize = 16 << 10;

/// Some whole records, in the order of the input.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes that the records lie in.
    pub bytes: Vec<u8>,
    /// The place of the first byte in the decompressed input.
    pub origin: Origin,
    /// How the records lie in the bytes.
    pub records: Records,
    /// Newlines in the bytes.
    pub lines: u64,
    /// What could not be framed.
    pub defects: Vec<Defect>,
    /// What the records are of; `None` for documents of ECS.
    pub source: Option<&'static Source>,
    /// What says how to read the records: the header of a table.
    pub header: Vec<u8>,
    /// The path in the archive that the input is, of the file that the chunk is of.
    pub member: Option<Arc<str>>,
}

/// How the records of a chunk lie in its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Records {
    /// One record a line; blank lines are none. Not split yet: who searches the bytes need not split them.
    #[default]
    Lines,
    /// Found by the framing, in order.
    Spans(Vec<Record>),
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
    /// The first byte and the byte after the last of the action line that goes with it, in a bulk file.
    pub header: Option<(usize, usize)>,
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
    #[error("not telemetry that is known here: it looks like {0}")]
    Unrecognised(&'static str),
    /// An archive, or one of its members, that cannot be opened.
    #[error("{0}")]
    Archive(String),
}

/// How much a reader holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How much is read at a time.
    pub block_bytes: usize,
    /// Longest record; a longer one is a defect.
    pub record_bytes_max: usize,
}

impl Default for Bounds {
    /// [`BLOCK_BYTES`] and [`RECORD_BYTES_MAX`].
    fn default() -> Self {
        Bounds { block_bytes: BLOCK_BYTES, record_bytes_max: RECORD_BYTES_MAX }
    }
}

/// How an input is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening {
    /// How much its reader holds.
    pub bounds: Bounds,
    /// What its records are of, if that is known better than the content tells.
    pub source: Option<&'static Source>,
    /// How many archives and compressed streams it lies in.
    pub depth: usize,
}

/// Reads one input.
pub struct Reader(Kind);

/// Chunks of records that no framing has to find, because they are stored one by one.
pub trait Chunks: Send {
    /// As [`Reader::next_chunk`]. The chunk is cleared.
    fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError>;
}

enum Kind {
    Given(Box<dyn Chunks>),
    Plain(Plain),
    Joining(Joining),
    Archive(Walk),
}

impl Reader {
    /// Reads chunks that are made already: of documents of ECS if they name no source.
    pub fn of_chunks(chunks: Box<dyn Chunks>) -> Reader {
        Reader(Kind::Given(chunks))
    }

    /// Opens an input: tells compression, encoding, source and framing from its head.
    pub fn open(input: Box<dyn Read + Send>) -> Result<Reader, ReadError> {
        Reader::open_as(input, Opening::default())
    }

    /// Opens an input for a reader that holds more or less than is usual. Bounds change how records are spread over chunks
    /// and which are too long, and nothing else.
    pub fn open_within(input: Box<dyn Read + Send>, bounds: Bounds) -> Result<Reader, ReadError> {
        Reader::open_as(input, Opening { bounds, ..Opening::default() })
    }

    /// Opens an input of which more is known than its content tells.
    pub fn open_as(input: Box<dyn Read + Send>, opening: Opening) -> Result<Reader, ReadError> {
        Reader::open_inside(input, opening, None)
    }

    /// Opens an input that lies in a compressed stream, if there is an `outer` one.
    pub(crate) fn open_inside(
        input: Box<dyn Read + Send>,
        opening: Opening,
        outer: Option<&Arc<Tally>>,
    ) -> Result<Reader, ReadError> {
        let io = |cause| ReadError::Io { after_bytes: 0, cause };
        let bounds = opening.bounds;
        let (magic, rest) = look(input, PACKING_MARK_BYTES);
        let packing = Packing::of(&magic);
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(magic).chain(rest));
        let (input, outer) = match packing {
            Some(packing) => packed::unpacked(input, packing, outer)
                .map(|(content, tally)| (content, Some(tally)))
                .map_err(io)?,
            None => (input, outer.map(Arc::clone)),
        };
        let depth = opening.depth + usize::from(packing.is_some());
        if ARCHIVE_DEPTH_MAX < depth {
            let why = format!("archives lie in archives more than {ARCHIVE_DEPTH_MAX} deep");
            return Err(ReadError::Archive(why));
        }
        let (mark, rest) = look(input, MARK_BYTES);
        let input: Box<dyn Read + Send> = match Order::of(&mark) {
            Some(order) => Box::new(Utf16::new(rest, order)),
            None => Box::new(Cursor::new(mark).chain(rest)),
        };
        let (head, mut rest) = look(input, HEAD_BYTES);
        if head.is_empty() {
            // Nothing can be read: tell why now, if there is a reason.
            rest.read(&mut [0]).map_err(io)?;
        }
        if tar::looks_like_one(&head) {
            let input = Box::new(Cursor::new(head).chain(rest));
            let opening = Opening { depth: depth + 1, ..opening };
            return Ok(Reader(Kind::Archive(Walk::new(input, opening, outer))));
        }
        let mark_bytes = if head.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
        let told = match opening.source {
            Some(source) => tell_as(&head[mark_bytes..], source),
            None => tell(&head[mark_bytes..])?,
        };
        // Many inputs are small, and the head is all of them: no need for a block that is larger. One more byte, so
        // that the end shows.
        let at_most = if head.len() < HEAD_BYTES { head.len() + 1 } else { usize::MAX };
        let at_most = at_most.min(bounds.record_bytes_max).max(1);
        let mut head = Cursor::new(head);
        head.set_position(mark_bytes as u64);
        let bounds = Bounds { block_bytes: bounds.block_bytes.clamp(1, at_most), ..bounds };
        let joins = told.source.is_some_and(|source| matches!(source.layout, Layout::Joined(_)));
        let plain = Plain::new(Box::new(head.chain(rest)), told, bounds, mark_bytes as u64);
        Ok(Reader(if joins { Kind::Joining(Joining::new(plain)) } else { Kind::Plain(plain) }))
    }

    /// Fills `chunk` with the next records, using its memory again; false at the end, when the chunk is empty. What was
    /// whole before an error is given out before it; after it there is nothing more.
    pub fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        match &mut self.0 {
            Kind::Given(chunks) => {
                chunk.clear();
                chunks.next_chunk(chunk)
            }
            Kind::Plain(plain) => plain.next_chunk(chunk),
            Kind::Joining(joining) => joining.next_chunk(chunk),
            Kind::Archive(walk) => walk.next_chunk(chunk),
        }
    }
}

impl Chunk {
    /// Empties the chunk and keeps its memory. Not needed before [`Reader::next_chunk`].
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.origin = Origin::default();
        self.records = Records::Lines;
        self.lines = 0;
        self.defects.clear();
        self.source = None;
        self.header.clear();
        self.member = None;
    }
}

impl Records {
    /// The list of spans, emptied; a new one if there was none.
    pub(crate) fn take_list(&mut self) -> Vec<Record> {
        match std::mem::take(self) {
            Records::Lines => Vec::new(),
            Records::Spans(mut list) => {
                list.clear();
                list
            }
        }
    }
}

/// The first bytes of an input, at most so many, and what comes after them. An error comes when that is read.
fn look(mut input: Box<dyn Read + Send>, length: usize) -> (Vec<u8>, Box<dyn Read + Send>) {
    let mut head = Vec::new();
    let mut filled = 0;
    while filled < length {
        if filled == head.len() {
            head.resize((2 * filled).max(LOOK_STEP_BYTES).min(length), 0);
        }
        match input.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                input = Box::new(Broken(Some(error)));
                break;
            }
        }
    }
    head.truncate(filled);
    (head, input)
}

/// An input that gives one error and ends.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
