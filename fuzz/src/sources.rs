//! The door of each source: an input that is known to be of it, to ECS in both mappings.

use std::io::{self, Cursor, Read};
use std::sync::{LazyLock, OnceLock};

use brokerwatch_ecs::{Event, Origin, Projection, Schema};
use brokerwatch_ingest::limits::JOINED_BYTES_MAX;
use brokerwatch_ingest::normalise::{Kind, Normaliser};
use brokerwatch_ingest::readers::{self, Layout, Raw, Source};
use brokerwatch_ingest::{Bounds, Chunk, Opening, Reader, Records};
use bumpalo::Bump;
use serde_json::{Map, Value};

use super::FIELDS;

/// Longest record: one that inputs of fuzzing reach, and the events of each source do not.
const RECORD_BYTES_MAX: usize = 8 << 10;

/// The size of a chunk of a Windows event log, which is a record.
const EVTX_CHUNK_BYTES: usize = 64 << 10;

/// Most items that are read of an input: a small one can unpack to many.
const ITEMS_MAX: usize = 10_000;

/// What becomes of an item in both mappings: its document, or why it cannot be read.
type Outcome = [Result<Map<String, Value>, String>; 2];

/// An input of the source of that name: reading ends, memory is bounded, records lie inside their chunk, places only move
/// on, items are read or say why not, and however the input is cut into pieces and blocks, the documents are the same.
///
/// The last bytes of the input say how it is cut; they are input as well, so that a log is one of them as it is.
pub fn source(name: &str, bytes: &[u8]) {
    let number = readers::ALL.iter().position(|source| source.name == name);
    let number = number.unwrap_or_else(|| panic!("there is no source `{name}`"));
    let mappings = MAPPINGS[number].get_or_init(|| {
        [Kind::Defend, Kind::Elastic].map(|kind| Mapping::new(readers::ALL[number], kind))
    });
    let sizes: Vec<usize> = bytes.iter().rev().take(5).map(|byte| usize::from(*byte)).collect();
    let block_bytes = 1 + 4 * sizes.first().copied().unwrap_or_default();
    let pieces = sizes.get(1..).unwrap_or_default().to_vec();
    let in_pieces = outcomes(mappings, bytes, pieces, block_bytes);
    let whole = outcomes(mappings, bytes, Vec::new(), bytes.len().max(1));
    assert_eq!(in_pieces.len(), whole.len(), "pieces change the number of items");
    for (number, (in_pieces, whole)) in in_pieces.iter().zip(&whole).enumerate() {
        assert_eq!(in_pieces, whole, "pieces change item {number}");
    }
}

/// A mapping of a source, compiled for some fields.
struct Mapping {
    target: Projection,
    normaliser: Normaliser,
}

impl Mapping {
    fn new(source: &'static Source, kind: Kind) -> Mapping {
        let (mut target, schema) = (Projection::new(), Schema::open());
        for name in FIELDS {
            target.want(name, &schema);
        }
        let normaliser = Normaliser::new(source, kind, &target);
        Mapping { target, normaliser }
    }
}

/// The mappings of each source, compiled when it is first met.
static MAPPINGS: LazyLock<Vec<OnceLock<[Mapping; 2]>>> =
    LazyLock::new(|| readers::ALL.iter().map(|_| OnceLock::new()).collect());

/// Reads an input in pieces of these sizes, in turn, and in blocks of so many bytes.
fn outcomes(
    mappings: &[Mapping; 2],
    bytes: &[u8],
    pieces: Vec<usize>,
    block_bytes: usize,
) -> Vec<Outcome> {
    let source = mappings[0].normaliser.source();
    let bounds = Bounds { block_bytes, record_bytes_max: RECORD_BYTES_MAX };
    let opening = Opening { source: Some(source), bounds, ..Opening::default() };
    let input = Pieces { bytes: Cursor::new(bytes.to_vec()), sizes: pieces, next: 0 };
    let mut outcomes = Vec::new();
    let Ok(mut reader) = Reader::open_as(Box::new(input), opening) else { return outcomes };
    let (mut chunk, mut last) = (Chunk::default(), None);
    while let Ok(true) = reader.next_chunk(&mut chunk) {
        held(&chunk, bounds);
        let arena = Bump::new();
        // A member of an archive has places of its own.
        if chunk.member.is_some() {
            last = None;
        }
        records(&chunk, &mut |record, origin| {
            let place = (origin.offset_bytes, origin.line);
            // The lines of an event that several lines make lie among those of others.
            let is_joined = matches!(source.layout, Layout::Joined(_));
            assert!(
                is_joined || last <= Some(place),
                "the record at {place:?} lies before {last:?}"
            );
            last = Some(place);
            items(mappings, Raw { bytes: record, header: &chunk.header }, &arena, &mut outcomes);
        });
        if ITEMS_MAX < outcomes.len() {
            break;
        }
    }
    outcomes.truncate(ITEMS_MAX);
    outcomes
}

/// Holds a chunk to what a reader may hold, and its records to the chunk.
pub(crate) fn held(chunk: &Chunk, bounds: Bounds) {
    let record_bytes_max = match chunk.source.map(|source| source.layout) {
        // The lines of one event have a bound of their own, which no input of fuzzing reaches.
        Some(Layout::Joined(_)) => JOINED_BYTES_MAX,
        // However long records may be.
        Some(Layout::Evtx) => EVTX_CHUNK_BYTES,
        _ => bounds.record_bytes_max,
    };
    let most = 2 * (record_bytes_max + bounds.block_bytes);
    assert!(chunk.bytes.len() <= most, "a chunk of {} bytes", chunk.bytes.len());
    let Records::Spans(records) = &chunk.records else { return };
    for record in records {
        assert!(record.start < record.end && record.end <= chunk.bytes.len(), "{record:?}");
        let is_table = matches!(chunk.source, Some(Source { layout: Layout::Table { .. }, .. }));
        // A record of a table is a block of rows.
        assert!(is_table || record.end - record.start <= record_bytes_max, "{record:?}");
    }
}

/// Calls back with each record and its place.
fn records<'c>(chunk: &'c Chunk, on_record: &mut dyn FnMut(&'c [u8], Origin)) {
    match &chunk.records {
        Records::Spans(records) => {
            for record in records {
                on_record(&chunk.bytes[record.start..record.end], record.origin);
            }
        }
        Records::Lines => {
            let mut origin = chunk.origin;
            for line in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
                let record = line.trim_ascii();
                if !record.is_empty() {
                    on_record(record, origin);
                }
                origin.offset_bytes += line.len() as u64;
                origin.line += 1;
            }
        }
    }
}

fn items<'c>(
    mappings: &[Mapping; 2],
    record: Raw<'c>,
    arena: &'c Bump,
    outcomes: &mut Vec<Outcome>,
) {
    let mut fields = mappings.each_ref().map(|mapping| mapping.normaliser.fields());
    (mappings[0].normaliser.source().items)(record, arena, &mut |at, item| {
        assert!(at <= record.bytes.len(), "an item at {at} of {} bytes", record.bytes.len());
        let item = match item {
            Ok(item) => item,
            Err(why) => {
                assert!(!why.is_empty(), "an item that cannot be read says why");
                return outcomes.push([Err(why.clone()), Err(why)]);
            }
        };
        outcomes.push(std::array::from_fn(|i| {
            let Mapping { target, normaliser } = &mappings[i];
            let mut event = Event::new(target);
            event.reset(record.bytes, Origin::default());
            let read = normaliser.read(item, arena, &mut fields[i], &mut event);
            let document = normaliser.document(item, arena);
            // An alert shows the document of what was read.
            assert!(read.is_err() || document.is_ok(), "read, but no document: {document:?}");
            document
        }));
    });
}

/// Gives its bytes in pieces of these sizes, in turn; without sizes, as it is asked.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = match self.sizes.as_slice() {
            [] => buffer.len(),
            sizes => (1 + sizes[self.next % sizes.len()]).min(buffer.len()),
        };
        self.next += 1;
        self.bytes.read(&mut buffer[..size])
    }
}
