//! Event queries: the rows that a condition is true of.

use anyhow::{Result, bail};
use brokerwatch_detect::{Conditions, Matcher, Tiebreaker};
use brokerwatch_ecs::{Projection, Slot, Timestamp};
use brokerwatch_eql::lower::Pipe;
use brokerwatch_ingest::document;
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Ground;
use super::sources::Source;
use crate::commands::input::{self, Summary};
use crate::commands::later;

/// The events of one source that the query is true of.
pub(super) fn search(
    source: &Source,
    ground: &Ground<'_>,
    work: &Search<'_>,
    summary: &mut Summary,
    take: &mut (dyn FnMut(Row) -> Result<()> + Send),
) -> Result<()> {
    let projection = ground.projection.rebind(&source.schema);
    let prefilter = prefilter(work.conditions, &projection);
    let reading = Reading { prefilter: prefilter.as_ref(), ..ground.read.reading(&projection) };
    input::read(&source.inputs, reading, summary, work, &mut |found: Found| {
        for mut row in found.rows.rows {
            row.index.get_or_insert_with(|| source.name.clone());
            take(row)?;
        }
        match found.failure {
            Some((place, failure)) => bail!("the query failed at {place}: {failure}"),
            None => Ok(()),
        }
    })
}

/// The rows of all sources, as many as the answer can hold.
pub(super) fn rows(ground: &Ground<'_>, work: &Search<'_>, summary: &mut Summary) -> Result<Rows> {
    let mut rows = Rows { cut: work.cut, rows: Vec::new() };
    for source in ground.sources {
        search(source, ground, work, summary, &mut |row| {
            rows.add(row);
            Ok(())
        })?;
    }
    Ok(rows)
}

/// What tells records that none of the conditions can be true of.
pub(super) fn prefilter(conditions: &Conditions, projection: &Projection) -> Option<Prefilter> {
    // Values that stand for an explicit `null` are in no record.
    let as_written = projection.fields().all(|(_, field)| field.null_value.is_none());
    let required = conditions.required().filter(|_| as_written);
    required.and_then(|required| Prefilter::new(&required))
}

pub(super) struct Search<'a> {
    pub(super) conditions: &'a Conditions,
    pub(super) rows: RowMaker,
    pub(super) cut: Cut,
}

/// Makes rows of events.
#[derive(Clone, Copy)]
pub(super) struct RowMaker {
    pub(super) timestamp: Slot,
    pub(super) tiebreaker: Option<Slot>,
    pub(super) id: Option<Slot>,
    /// How many fields a table shows.
    pub(super) columns: usize,
}

/// What a chunk gave.
#[derive(Default)]
pub(super) struct Found {
    rows: Rows,
    failure: Option<(String, String)>,
}

impl<'a> OnEvents for Search<'a> {
    type Worker = Matcher<'a>;
    type Output = Found;

    fn worker(&self) -> Matcher<'a> {
        Matcher::new(self.conditions)
    }

    fn event(&self, matcher: &mut Matcher<'a>, seen: &Seen<'_, '_>, out: &mut Found) {
        let event = seen.event;
        let mut found = false;
        let failure = matcher.run(event, |_, _| found = true);
        if let (Some(failure), None) = (failure, &out.failure) {
            let place = format!("{}{}", seen.path(), input::place(event.origin));
            out.failure = Some((place, failure));
        }
        if found {
            out.rows.cut = self.cut;
            out.rows.add(self.rows.row(seen));
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        found.rows.rows.iter().map(Row::bytes).sum()
    }
}

impl RowMaker {
    pub(super) fn row(&self, seen: &Seen<'_, '_>) -> Row {
        let event = seen.event;
        let cell = |slot: usize| {
            let values = event.values(Slot(slot as u16)).iter();
            values.map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let own = self.id.and_then(|slot| event.values(slot).first()).map(ToString::to_string);
        Row {
            nanoseconds: event.timestamp(self.timestamp).map(Timestamp::as_nanosecond),
            tiebreaker: self.tiebreaker.map(|slot| Tiebreaker::of(event.values(slot))),
            id: own.or_else(|| event.id.map(str::to_owned)),
            index: event.index.map(str::to_owned),
            source: later::record(seen),
            cells: (0..self.columns).map(cell).collect(),
        }
    }
}

/// An event in an answer.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    /// Its time; none sorts first.
    pub(super) nanoseconds: Option<i128>,
    pub(super) tiebreaker: Option<Tiebreaker>,
    pub(super) id: Option<String>,
    pub(super) index: Option<String>,
    /// The record as it stood in the input.
    pub(super) source: Box<[u8]>,
    pub(super) cells: Vec<String>,
}

impl Row {
    fn order(&self) -> (Option<i128>, &Option<Tiebreaker>) {
        (self.nanoseconds, &self.tiebreaker)
    }

    /// What sorts it among all rows: its time, its tiebreaker, and how many came before it.
    pub(super) fn key(&self, arrival: u64) -> (Option<i128>, Option<Tiebreaker>, u64) {
        (self.nanoseconds, self.tiebreaker.clone(), arrival)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Row>() + self.source.len() + self.cells.iter().map(String::len).sum::<usize>()
    }

    /// The document as it stood, also the whole of an Elasticsearch hit.
    pub(super) fn document(&self) -> Value {
        serde_json::from_slice(&self.source)
            .unwrap_or_else(|_| Value::Object(document(&self.source)))
    }

    /// The document's own id, else the same for the same document.
    pub(super) fn id(&self) -> String {
        let hash = || Uuid::new_v5(&Uuid::NAMESPACE_OID, &self.source).to_string();
        self.id.clone().unwrap_or_else(hash)
    }
}

/// The rows kept so far. Only as many as the answer can hold, so memory does not grow with the input.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) cut: Cut,
    pub(super) rows: Vec<Row>,
}

/// Which end of the ordered rows the answer is made from, and how many of it at most.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    First(usize),
    Last(usize),
    /// Pipes of the extension need every row.
    All,
}

impl Default for Cut {
    fn default() -> Cut {
        Cut::First(0)
    }
}

/// The first pipe acts as if the same pipe with `size` stood before it; without pipes the last rows are the answer.
pub(super) fn cut(pipes: &[Pipe], size: usize) -> Cut {
    match pipes.first() {
        Some(Pipe::Head(_)) => Cut::First(size),
        _ => Cut::Last(size),
    }
}

impl Rows {
    fn add(&mut self, row: Row) {
        self.rows.push(row);
        let (Cut::First(most) | Cut::Last(most)) = self.cut else { return };
        // Trimmed in batches: sorting after each row would be quadratic.
        if most.saturating_mul(2).saturating_add(1024) < self.rows.len() {
            self.trim();
        }
    }

    /// Rows that are equal in order stay in the order of the inputs.
    fn trim(&mut self) {
        self.rows.sort_by(|a, b| a.order().cmp(&b.order()));
        match self.cut {
            Cut::First(most) => self.rows.truncate(most),
            Cut::Last(most) => keep_last(&mut self.rows, most),
            Cut::All => {}
        }
    }

    pub(super) fn finish(mut self, pipes: &[Pipe], size: usize) -> Vec<Row> {
        self.trim();
        piped(self.rows, pipes, size)
    }
}

/// What pipes and `size` leave of the items of an answer, be they events or sequences.
pub(super) fn piped<T>(mut items: Vec<T>, pipes: &[Pipe], size: usize) -> Vec<T> {
    for pipe in pipes {
        match *pipe {
            Pipe::Head(most) => items.truncate(clamp(most)),
            Pipe::Tail(most) => keep_last(&mut items, clamp(most)),
            _ => unreachable!("pipes of the extension run over all rows"),
        }
    }
    items.truncate(size);
    items
}

fn keep_last<T>(items: &mut Vec<T>, most: usize) {
    items.drain(..items.len().saturating_sub(most));
}

fn clamp(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
