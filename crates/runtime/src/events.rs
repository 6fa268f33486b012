//! Events out of inputs: chunks are split into records, records become events, and each event is handed to a callback.
//!
//! Where a [`Prefilter`] is given, records that cannot be of interest are passed over without being read. It never
//! changes an answer: the first chunk of every input is read whole, and passing over starts only if that showed every
//! field that a caller would have to call missing.

use brokerwatch_ecs::{Event, Origin, Projection, Slot};
use brokerwatch_ingest::json::{Plan, RecordReader, Warnings};
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_ingest::{Chunk, Defect, Record, Records, read_action};
use bumpalo::Bump;

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
    fn event(
        &self,
        worker: &mut Self::Worker,
        input: &Input,
        event: &Event<'_>,
        output: &mut Self::Output,
    );

    /// About how many bytes an output holds.
    fn bytes(&self, output: &Self::Output) -> usize;
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
#[derive(Debug, Default)]
pub struct Piece<O> {
    /// What the callback gave.
    pub output: O,
    /// What was read.
    pub counts: Counts,
    /// The first records that were malformed, in order.
    pub defects: Vec<Defect>,
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
    let chunks = Chunks { work, plan, reading };
    parallel::run(inputs, reading.threads, progress, &chunks, deliver)
}

struct Chunks<'a, W> {
    work: &'a W,
    plan: Plan,
    reading: Reading<'a>,
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
        let mut pass = Pass {
            work: self.work,
            worker: &mut worker.inner,
            input,
            arena: &worker.arena,
            records: RecordReader::new(&self.plan, self.reading.strict),
            event: Event::new(self.reading.projection),
            unseen,
            piece: Piece::default(),
        };
        for defect in &chunk.defects {
            pass.malformed(defect.origin, || defect.why.clone());
        }
        match &chunk.records {
            Records::Spans(spans) => {
                spans.iter().for_each(|span| pass.span(chunk, *span, prefilter));
            }
            Records::Lines => pass.lines(chunk, prefilter),
        }
        pass.piece
    }
}

/// One way through a chunk.
struct Pass<'a, 'c, W: OnEvents> {
    work: &'a W,
    worker: &'a mut W::Worker,
    input: &'a Input,
    arena: &'c Bump,
    records: RecordReader<'a>,
    event: Event<'c>,
    /// Needed fields that no event of this chunk had so far.
    unseen: &'a mut Vec<Slot>,
    piece: Piece<W::Output>,
}

impl<'c, W: OnEvents> Pass<'_, 'c, W> {
    fn span(&mut self, chunk: &'c Chunk, span: Record, prefilter: Option<&Prefilter>) {
        let record = &chunk.bytes[span.start..span.end];
        if prefilter.is_some_and(|filter| !filter.may_hold(record)) {
            self.piece.counts.passed_over += 1;
            return;
        }
        let header = span.header.map(|(start, end)| &chunk.bytes[start..end]);
        self.record(record, header, span.origin);
    }

    fn lines(&mut self, chunk: &'c Chunk, prefilter: Option<&Prefilter>) {
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
                count(&mut self.piece.counts, warnings, self.event.dropped_values);
                if !self.unseen.is_empty() {
                    self.unseen.retain(|slot| self.event.values(*slot).is_empty());
                }
                self.work.event(self.worker, self.input, &self.event, &mut self.piece.output);
            }
            Err(error) => self.malformed(origin, || error.to_string()),
        }
    }

    fn malformed(&mut self, origin: Origin, why: impl FnOnce() -> String) {
        self.piece.counts.malformed += 1;
        if self.piece.defects.len() < DEFECTS_PER_CHUNK_MAX {
            self.piece.defects.push(Defect { origin, why: why() });
        }
    }
}

fn count(counts: &mut Counts, warnings: Warnings, dropped_values: u32) {
    counts.events += 1;
    counts.ill_typed += u64::from(warnings.ill_typed);
    counts.duplicate_keys += u64::from(warnings.duplicate_keys);
    counts.dropped_values += u64::from(dropped_values);
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
