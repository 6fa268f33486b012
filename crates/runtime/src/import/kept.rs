//! An event as it is kept, and files of such events while an import runs.
//!
//! postcard writes the files: they never leave the program.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use brokerwatch_ecs::Origin;
use brokerwatch_ingest::{Chunk, Chunks, ReadError, Reader, Record, Records};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// An event with what is known of it beside its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its time, in nanoseconds since the epoch; the nearest that there is for one that is too far away.
    pub(crate) nanos: Option<i64>,
    /// The document's own id, else the same for the same document.
    pub(crate) id: String,
    /// The index that it says it is of.
    pub(crate) index: Option<String>,
    /// The digest of the record that it was first read from, if that is not its document.
    pub(crate) record: Option<[u8; 16]>,
    /// The name of the source that it was first read from, if a mapping made the document.
    pub(crate) reader: Option<String>,
    /// The document of ECS, as JSON.
    pub(crate) document: String,
}

/// What tells an event from all others.
pub(crate) type Key = u128;

impl Kept {
    /// The same for the same event.
    pub(crate) fn key(&self) -> Key {
        key(&self.id, self.index.as_deref())
    }

    /// Where it stands among the events of its partition. Those without a time are in the order of their ids, so that the
    /// same ones are neighbours.
    pub(crate) fn place(&self) -> Place {
        match self.nanos {
            Some(nanos) => Place::At(nanos),
            None => Place::Untimed(self.key()),
        }
    }

    /// About how many bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        let index = self.index.as_ref().map_or(0, String::len);
        size_of::<Kept>() + self.id.len() + index + self.document.len()
    }
}

/// A moment, or one event if it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Nanoseconds since the epoch.
    At(i64),
    /// The key of the event.
    Untimed(Key),
}

/// What tells the event with this id from all others. Ids are unique in an index.
pub(crate) fn key(id: &str, index: Option<&str>) -> Key {
    let name = [index.unwrap_or_default().as_bytes(), &[0], id.as_bytes()].concat();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).as_u128()
}

/// A file of events while it is written.
pub(crate) struct Spool {
    out: BufWriter<NamedTempFile>,
    buffer: Vec<u8>,
    rows: u64,
    bytes: u64,
}

/// A file of events.
#[derive(Debug)]
pub(crate) struct Spooled {
    file: NamedTempFile,
    /// How many events.
    pub(crate) rows: u64,
    /// About how many bytes they take.
    pub(crate) bytes: u64,
}

impl Spool {
    pub(crate) fn create(folder: &Path) -> io::Result<Spool> {
        let out = BufWriter::new(NamedTempFile::new_in(folder)?);
        Ok(Spool { out, buffer: Vec::new(), rows: 0, bytes: 0 })
    }

    pub(crate) fn write(&mut self, kept: &Kept) -> io::Result<()> {
        self.buffer.clear();
        self.buffer = postcard::to_extend(kept, std::mem::take(&mut self.buffer))
            .map_err(io::Error::other)?;
        let length = u32::try_from(self.buffer.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.buffer)?;
        self.rows += 1;
        self.bytes += u64::from(length);
        Ok(())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn finish(self) -> io::Result<Spooled> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spooled { file, rows: self.rows, bytes: self.bytes })
    }
}

impl Spooled {
    /// The events, from the first.
    pub(crate) fn read(&self) -> io::Result<SpoolReader> {
        Ok(SpoolReader { input: BufReader::new(self.file.reopen()?), buffer: Vec::new() })
    }
}

/// The events of a file.
pub(crate) struct SpoolReader {
    input: BufReader<File>,
    buffer: Vec<u8>,
}

impl Iterator for SpoolReader {
    type Item = io::Result<Kept>;

    fn next(&mut self) -> Option<io::Result<Kept>> {
        let mut length = [0; 4];
        match self.input.read_exact(&mut length) {
            Ok(()) => Some(self.kept(u32::from_le_bytes(length) as usize)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl SpoolReader {
    fn kept(&mut self, length: usize) -> io::Result<Kept> {
        self.buffer.resize(length, 0);
        self.input.read_exact(&mut self.buffer)?;
        postcard::from_bytes(&self.buffer).map_err(io::Error::other)
    }
}

/// Kept events as chunks of documents of ECS. Each has its number for its place.
pub(crate) struct KeptChunks<I> {
    pub(crate) events: I,
    /// About how many bytes a chunk holds.
    pub(crate) block_bytes: usize,
    /// About how many bytes are given out, if not all.
    pub(crate) head_bytes: Option<u64>,
    /// How many events were given out.
    pub(crate) number: u64,
}

impl<I: Iterator<Item = io::Result<Kept>> + Send + 'static> KeptChunks<I> {
    pub(crate) fn reader(self) -> Reader {
        Reader::of_chunks(Box::new(self))
    }
}

impl<I: Iterator<Item = io::Result<Kept>> + Send> Chunks for KeptChunks<I> {
    fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        if self.head_bytes == Some(0) {
            return Ok(false);
        }
        chunk.origin = origin(self.number);
        let mut records = Vec::new();
        while chunk.bytes.len() < self.block_bytes {
            match self.events.next() {
                None => break,
                Some(Ok(kept)) => {
                    records.push(record(&kept, self.number, &mut chunk.bytes));
                    self.number += 1;
                }
                // What is whole comes first; the reader gives the error once more.
                Some(Err(cause)) => return Err(ReadError::Io { after_bytes: 0, cause }),
            }
        }
        if let Some(left) = &mut self.head_bytes {
            *left = left.saturating_sub(chunk.bytes.len() as u64);
        }
        let some = !records.is_empty();
        chunk.records = Records::Spans(records);
        Ok(some)
    }
}

fn origin(number: u64) -> Origin {
    Origin { offset_bytes: number, line: number + 1 }
}

/// Puts what is known of an event, as an action line, and its document behind the bytes of a chunk.
fn record(kept: &Kept, number: u64, bytes: &mut Vec<u8>) -> Record {
    let mut said = Map::new();
    said.insert("_id".to_owned(), Value::from(kept.id.as_str()));
    if let Some(index) = &kept.index {
        said.insert("_index".to_owned(), Value::from(index.as_str()));
    }
    if let Some(digest) = kept.record {
        let digest = u128::from_be_bytes(digest);
        said.insert("_record".to_owned(), Value::from(format!("{digest:032x}")));
    }
    if let Some(reader) = &kept.reader {
        said.insert("_reader".to_owned(), Value::from(reader.as_str()));
    }
    let header = bytes.len();
    let action = Map::from_iter([("index".to_owned(), Value::Object(said))]);
    bytes.extend_from_slice(Value::Object(action).to_string().as_bytes());
    let start = bytes.len();
    bytes.extend_from_slice(kept.document.as_bytes());
    Record { start, end: bytes.len(), origin: origin(number), header: Some((header, start)) }
}

/// Events of a file that is kept as long as it is read.
pub(crate) fn reader(spooled: &Arc<Spooled>, block_bytes: usize) -> io::Result<Reader> {
    let events = spooled.read()?;
    Ok(KeptChunks { events, block_bytes, head_bytes: None, number: 0 }.reader())
}
