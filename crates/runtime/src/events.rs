//! Events out of inputs: chunks are split into records, records become events, and each event is handed to a callback.
//!
//! Where a [`Prefilter`] is given, records that cannot be of interest are passed over without being read. It never
//! changes an answer: the first chunk of every input is read whole, and passing over starts only if that showed every
//! field that a caller would have to call missing.

use std::sync::{Arc, OnceLock};

use brokerwatch_ecs::{Event, Origin, Projection, Slot};
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_ingest::normalise::{Kind, Normaliser};
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_ingest::readers::{self, Item as SourceItem, Layout, Raw, Source};
use brokerwatch_ingest::{Chunk, Defect, Record, Records, document, read_action};
use bumpalo::Bump;
use serde_json::{Map, Value};

use crate::limits::DEFECTS_PER_CHUNK_MAX;
use crate::{Input, Item, Progress, Work, parallel};

/// What is done with events.
pub trait OnEvents: Sync {
    /// What one worker keeps between events.
    type Worker;
    /// What the events of a chunk give.
    type Output: Default + Send;

    /// A new worker.
    fn worker(&self) -> Self::Worker;

    /// One event.
    fn event(&self, worker: &mut Self::Worker, seen: &Seen<'_, '_>, output: &mut Self::Output);

    /// About how many bytes an output holds.
    fn bytes(&self, output: &Self::Output) -> usize;
}

/// An event and where it comes from.
pub struct Seen<'a, 'c> {
    /// The event.
    pub event: &'a Event<'c>,
    /// The source whose mapping filled it; `None` for documents of ECS.
    pub source: Option<&'static Source>,
    /// The wanted fields that no event of the source can have.
    pub absent: &'a [Slot],
    input: &'a Input,
    member: Option<&'a str>,
    document: &'a dyn Fn() -> Map<String, Value>,
}

impl Seen<'_, '_> {
    /// The path of the input; of a member of an archive `archive!member`.
    pub fn path(&self) -> String {
        path(self.input, self.member)
    }

    /// The whole document of ECS.
    pub fn document(&self) -> Map<String, Value> {
        (self.document)()
    }
}

/// How inputs are read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The fields to fill.
    pub projection: &'a Projection,
    /// What tells records that cannot be of interest.
    pub prefilter: Option<&'a Prefilter>,
    /// Fields that the first chunk of an input must show before records of it are passed over.
    pub needed: &'a [Slot],
    /// Notice every key that stands twice in one object, not those of wanted fields alone.
    pub strict: bool,
    /// How many threads work.
    pub threads: usize,
    /// What the inputs are, if that is known better than their content tells.
    pub source: Option<&'static Source>,
    /// Which ECS other sources become.
    pub mapping: Kind,
}

impl<'a> Reading<'a> {
    /// The usual way to fill the fields of a projection, on one thread.
    pub fn of(projection: &'a Projection) -> Reading<'a> {
        Reading {
            projection,
            prefilter: None,
            needed: &[],
            strict: false,
            threads: 1,
            source: None,
            mapping: Kind::default(),
        }
    }
}

/// What was read, and what was not.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Records that became events.
    pub events: u64,
    /// Records that were passed over without being read.
    pub passed_over: u64,
    /// Records that are no documents, and text between records.
    pub malformed: u64,
    /// Values that are not of their field's type, and were left out.
    pub ill_typed: u64,
    /// Keys that stand twice in one object.
    pub duplicate_keys: u64,
    /// Values that a bound left out.
    pub dropped_values: u64,
}

impl Counts {
    /// Adds what another part read.
    pub fn add(&mut self, other: Counts) {
        self.events += other.events;
        self.passed_over += other.passed_over;
        self.malformed += other.malformed;
        self.ill_typed += other.ill_typed;
        self.duplicate_keys += other.duplicate_keys;
        self.dropped_values += other.dropped_values;
    }
}

/// What came of one chunk.
#[derive(Debug)]
pub struct Piece<O> {
    /// What the callback gave.
    pub output: O,
    /// What was read.
    pub counts: Counts,
    /// The first records that were malformed, in order.
    pub defects: Vec<Defect>,
    /// What the records are of; `None` for documents of ECS.
    pub source: Option<&'static Source>,
    /// The member of the archive that the input is.
    pub member: Option<Arc<str>>,
}

impl<O> Piece<O> {
    /// The path of what was read; of a member of an archive `archive!member`.
    pub fn path(&self, input: &Input) -> String {
        path(input, self.member.as_deref())
    }
}

fn path(input: &Input, member: Option<&str>) -> String {
    let input = input.name();
    member.map_or_else(|| input.clone(), |member| format!("{input}!{member}"))
}

/// Reads all inputs; `deliver` gets what came of them in their order. An error from it stops the reading.
pub fn read<W: OnEvents, E: Send>(
    inputs: &[Input],
    reading: Reading<'_>,
    progress: &Progress,
    work: &W,
    deliver: &mut (dyn FnMut(&Input, Item<Piece<W::Output>>) -> Result<(), E> + Send),
) -> Result<(), E> {
    let plan = Plan::new(reading.projection);
    let normalisers = readers::ALL.iter().map(|_| OnceLock::new()).collect();
    let chunks = Chunks { work, plan, reading, normalisers };
    let opening = parallel::Opened { threads: reading.threads, source: reading.source, progress };
    parallel::run(inputs, opening, &chunks, deliver)
}

struct Chunks<'a, W> {
    work: &'a W,
    plan: Plan,
    reading: Reading<'a>,
    /// By source, in the order of the registry; each is compiled when its first chunk comes.
    normalisers: Vec<OnceLock<Normaliser>>,
}

impl<W> Chunks<'_, W> {
    fn normaliser(&self, source: &'static Source) -> &Normaliser {
        let place = readers::ALL.iter().position(|known| std::ptr::eq(*known, source));
        let place = place.expect("chunks are of sources in the registry");
        let Reading { mapping, projection, .. } = self.reading;
        self.normalisers[place].get_or_init(|| Normaliser::new(source, mapping, projection))
    }
}

struct Worker<W> {
    inner: W,
    arena: Bump,
}

impl<W: OnEvents> Work for Chunks<'_, W> {
    type Worker = Worker<W::Worker>;
    /// Whether records may be passed over.
    type Known = bool;
    type Output = Piece<W::Output>;

    fn worker(&self) -> Self::Worker {
        Worker { inner: self.work.worker(), arena: Bump::new() }
    }

    fn first(
        &self,
        worker: &mut Self::Worker,
        input: &Input,
        chunk: &Chunk,
    ) -> (bool, Self::Output) {
        let mut unseen = self.reading.needed.to_vec();
        let piece = self.chunk(worker, input, chunk, None, &mut unseen);
        (unseen.is_empty(), piece)
    }

    fn further(
        &self,
        worker: &mut Self::Worker,
        input: &Input,
        may_pass_over: &bool,
        chunk: &Chunk,
    ) -> Self::Output {
        let prefilter = self.reading.prefilter.filter(|_| *may_pass_over);
        self.chunk(worker, input, chunk, prefilter, &mut Vec::new())
    }

    fn bytes(&self, piece: &Self::Output) -> usize {
        self.work.bytes(&piece.output)
            + piece.defects.iter().map(|d| d.why.len() + 64).sum::<usize>()
    }
}

impl<W: OnEvents> Chunks<'_, W> {
    fn chunk(
        &self,
        worker: &mut Worker<W::Worker>,
        input: &Input,
        chunk: &Chunk,
        prefilter: Option<&Prefilter>,
        unseen: &mut Vec<Slot>,
    ) -> Piece<W::Output> {
        worker.arena.reset();
        // Values that a mapping computes stand in no record, and members of archives differ from the first one.
        let prefilter = prefilter.filter(|_| chunk.source.is_none() && chunk.member.is_none());
        let mut pass = Pass {
            work: self.work,
            worker: &mut worker.inner,
            input,
            chunk,
            arena: &worker.arena,
            records: RecordReader::new(&self.plan, self.reading.strict),
            event: Event::new(self.reading.projection),
            normaliser: &|source| self.normaliser(source),
            unseen,
            piece: Piece {
                output: W::Output::default(),
                counts: Counts::default(),
                defects: Vec::new(),
                source: chunk.source,
                member: chunk.member.clone(),
            },
        };
        for defect in &chunk.defects {
            pass.malformed(defect.origin, || defect.why.clone());
        }
        match (chunk.source, &chunk.records) {
            (Some(source), records) => pass.source(self.normaliser(source), records),
            (None, Records::Spans(spans)) => {
                spans.iter().for_each(|span| pass.span(*span, prefilter));
            }
            (None, Records::Lines) => pass.lines(prefilter),
        }
        pass.piece
    }
}

/// One way through a chunk.
struct Pass<'a, 'c, W: OnEvents> {
    work: &'a W,
    worker: &'a mut W::Worker,
    input: &'a Input,
    chunk: &'c Chunk,
    arena: &'c Bump,
    records: RecordReader<'a>,
    event: Event<'c>,
    /// The normaliser of a source.
    normaliser: &'a dyn Fn(&'static Source) -> &'a Normaliser,
    /// Needed fields that no event of this chunk had so far.
    unseen: &'a mut Vec<Slot>,
    piece: Piece<W::Output>,
}

impl<'c, W: OnEvents> Pass<'_, 'c, W> {
    fn span(&mut self, span: Record, prefilter: Option<&Prefilter>) {
        let chunk = self.chunk;
        let record = &chunk.bytes[span.start..span.end];
        if prefilter.is_some_and(|filter| !filter.may_hold(record)) {
            self.piece.counts.passed_over += 1;
            return;
        }
        let header = span.header.map(|(start, end)| &chunk.bytes[start..end]);
        self.record(record, header, span.origin);
    }

    fn lines(&mut self, prefilter: Option<&Prefilter>) {
        let chunk = self.chunk;
        let mut lines = Lines::new(chunk);
        let Some(filter) = prefilter else {
            while let Some((record, origin)) = lines.next() {
                self.record(record, None, origin);
            }
            return;
        };
        let mut read = 0;
        filter.candidate_lines(&chunk.bytes, |range| {
            let origin = lines.origin_of(range.start);
            let record = chunk.bytes[range].trim_ascii();
            if !record.is_empty() {
                read += 1;
                self.record(record, None, origin);
            }
        });
        self.piece.counts.passed_over += lines.count_all().saturating_sub(read);
    }

    fn record(&mut self, record: &'c [u8], header: Option<&'c [u8]>, origin: Origin) {
        self.event.reset(record, origin);
        match self.records.read(record, self.arena, &mut self.event) {
            Ok(warnings) => {
                if let Some(header) = header {
                    read_action(header, self.arena, &mut self.event);
                }
                self.piece.counts.ill_typed += u64::from(warnings.ill_typed);
                self.piece.counts.duplicate_keys += u64::from(warnings.duplicate_keys);
                self.hand_on(None, &|| document(record));
            }
            Err(error) => self.malformed(origin, || error.to_string()),
        }
    }

    /// Records of a source that a mapping turns into ECS.
    fn source(&mut self, normaliser: &Normaliser, records: &Records) {
        let mut fields = normaliser.fields();
        match records {
            Records::Spans(spans) => {
                for span in spans {
                    let bytes = &self.chunk.bytes[span.start..span.end];
                    self.items(normaliser, bytes, span.origin, &mut fields);
                }
            }
            Records::Lines => {
                let mut lines = Lines::new(self.chunk);
                while let Some((line, origin)) = lines.next() {
                    self.items(normaliser, line, origin, &mut fields);
                }
            }
        }
    }

    /// The items of one record.
    fn items(
        &mut self,
        normaliser: &Normaliser,
        record: &'c [u8],
        origin: Origin,
        fields: &mut Event<'c>,
    ) {
        let raw = Raw { bytes: record, header: &self.chunk.header };
        let source = normaliser.source();
        let mut place = Place { source, record, origin, at: 0 };
        (source.items)(raw, self.arena, &mut |at, item| {
            let (bytes, origin) = place.of(at);
            let item = match item {
                Ok(item) => item,
                Err(why) => return self.malformed(origin, || why),
            };
            self.item(normaliser, item, bytes, origin, fields);
        });
    }

    fn item(
        &mut self,
        normaliser: &Normaliser,
        item: &dyn SourceItem<'c>,
        bytes: &'c [u8],
        origin: Origin,
        fields: &mut Event<'c>,
    ) {
        self.event.reset(bytes, origin);
        match normaliser.read(item, self.arena, fields, &mut self.event) {
            Ok(ill_typed) => {
                self.piece.counts.ill_typed += u64::from(ill_typed);
                let arena = self.arena;
                // What cannot be read was reported just now.
                let document = || normaliser.document(item, arena).unwrap_or_default();
                self.hand_on(Some(normaliser), &document);
            }
            Err(why) => self.malformed(origin, || why),
        }
    }

    /// Hands the event that was read to the callback.
    fn hand_on(
        &mut self,
        normaliser: Option<&Normaliser>,
        document: &dyn Fn() -> Map<String, Value>,
    ) {
        self.piece.counts.events += 1;
        self.piece.counts.dropped_values += u64::from(self.event.dropped_values);
        if !self.unseen.is_empty() {
            self.unseen.retain(|slot| self.event.values(*slot).is_empty());
        }
        // An imported event lacks what the source that it came from cannot have.
        let first = || self.event.first_source.and_then(readers::source).map(self.normaliser);
        let absent = normaliser.or_else(first).map(Normaliser::absent);
        let seen = Seen {
            event: &self.event,
            source: normaliser.map(Normaliser::source),
            absent: absent.unwrap_or_default(),
            input: self.input,
            member: self.chunk.member.as_deref(),
            document,
        };
        self.work.event(self.worker, &seen, &mut self.piece.output);
    }

    fn malformed(&mut self, origin: Origin, why: impl FnOnce() -> String) {
        self.piece.counts.malformed += 1;
        if self.piece.defects.len() < DEFECTS_PER_CHUNK_MAX {
            self.piece.defects.push(Defect { origin, why: why() });
        }
    }
}

/// Where the items of a record lie; asked for in ascending order.
struct Place<'c> {
    source: &'static Source,
    record: &'c [u8],
    /// The place of the record's byte `at`.
    origin: Origin,
    at: usize,
}

impl<'c> Place<'c> {
    /// The bytes of the item that begins at a byte of the record, and their place.
    fn of(&mut self, at: usize) -> (&'c [u8], Origin) {
        let at = at.min(self.record.len());
        if self.at <= at {
            let passed = &self.record[self.at..at];
            self.origin.offset_bytes += passed.len() as u64;
            if !matches!(self.source.layout, Layout::Evtx) {
                self.origin.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            }
            self.at = at;
        }
        let rest = &self.record[at..];
        let length = match self.source.layout {
            Layout::Table { .. } => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            // A record's length stands behind its magic number.
            Layout::Evtx => rest
                .get(4..8)
                .and_then(|length| length.try_into().ok())
                .map_or(0, |length| u32::from_le_bytes(length) as usize)
                .min(rest.len()),
            Layout::Json(_) | Layout::Lines(_) | Layout::Joined(_) => rest.len(),
        };
        (rest[..length].trim_ascii_end(), self.origin)
    }
}

/// The lines of a chunk with their places.
struct Lines<'c> {
    chunk: &'c Chunk,
    /// A byte up to which lines are counted, and the line it is in.
    at: usize,
    line: u64,
}

impl<'c> Lines<'c> {
    fn new(chunk: &'c Chunk) -> Lines<'c> {
        Lines { chunk, at: 0, line: chunk.origin.line }
    }

    /// The next line that is not blank, without the blanks around it.
    fn next(&mut self) -> Option<(&'c [u8], Origin)> {
        let bytes = &self.chunk.bytes;
        while self.at < bytes.len() {
            let start = self.at;
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            let origin = self.origin(start);
            self.at = end + 1;
            self.line += 1;
            let record = bytes[start..end].trim_ascii();
            if !record.is_empty() {
                return Some((record, origin));
            }
        }
        None
    }

    /// The place of the line that begins at `start`; asked for in ascending order.
    fn origin_of(&mut self, start: usize) -> Origin {
        self.line += memchr::memchr_iter(b'\n', &self.chunk.bytes[self.at..start]).count() as u64;
        self.at = start;
        self.origin(start)
    }

    fn origin(&self, start: usize) -> Origin {
        let offset_bytes = self.chunk.origin.offset_bytes + start as u64;
        Origin { offset_bytes, line: self.line }
    }

    /// How many lines are not empty. How lines end is told by the first: in a chunk that mixes both ways, empty lines of
    /// the other kind are counted too.
    fn count_all(&self) -> u64 {
        let bytes = &self.chunk.bytes;
        let first = memchr::memchr(b'\n', bytes);
        let returns = first.is_some_and(|at| 0 < at && bytes[at - 1] == b'\r');
        let (begins, empty): (&[u8], &[u8]) =
            if returns { (b"\r\n", b"\n\r\n") } else { (b"\n", b"\n\n") };
        let unended = bytes.last().is_some_and(|&last| last != b'\n');
        let empty = count_overlapping(bytes, empty) + u64::from(bytes.starts_with(begins));
        (self.chunk.lines + u64::from(unended)).saturating_sub(empty)
    }
}

/// How often `needle` stands in `bytes`, also where it overlaps itself by one byte.
fn count_overlapping(bytes: &[u8], needle: &[u8]) -> u64 {
    let finder = memchr::memmem::Finder::new(needle);
    let (mut count, mut at) = (0, 0);
    while let Some(found) = finder.find(&bytes[at..]) {
        count += 1;
        at += found + needle.len() - 1;
    }
    count
}
