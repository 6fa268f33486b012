//! Pipes that Elasticsearch does not have: they need every row, in order, and some give a table instead of rows.

use std::cmp::Ordering;
use std::io;

use anyhow::{Result, bail};
use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{Event, Origin, Projection, Schema, Slot};
use brokerwatch_eql::lower::Pipe;
use brokerwatch_eql::pipes::{Kept, Outcome, Output, Pipeline};
use brokerwatch_expr::Diagnostic;
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_runtime::Sorter;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use bumpalo::Bump;
use serde::{Deserialize, Serialize};

use super::events::{Row, RowMaker, prefilter};
use super::sequences::Set;
use super::sources::Source;
use crate::commands::input::{self, ReadArgs, Summary};
use crate::report;

/// A row with its place among rows of one time.
#[derive(Serialize, Deserialize)]
struct Entry {
    row: Row,
    arrival: u64,
    /// The number of the source, whose mapping says how the row is read.
    source: usize,
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        self.row.order().cmp(&other.row.order()).then(self.arrival.cmp(&other.arrival))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

/// Finds every row.
struct All<'a> {
    conditions: &'a Conditions,
    rows: RowMaker,
}

/// What a chunk gave.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    failure: Option<String>,
}

impl<'a> OnEvents for All<'a> {
    type Worker = Matcher<'a>;
    type Output = Found;

    fn worker(&self) -> Matcher<'a> {
        Matcher::new(self.conditions)
    }

    fn event(&self, matcher: &mut Matcher<'a>, seen: &Seen<'_, '_>, out: &mut Found) {
        let mut found = false;
        let failure = matcher.run(seen.event, |_, _| found = true);
        if let (Some(failure), None) = (failure, &out.failure) {
            let place = input::place(seen.event.origin);
            out.failure = Some(format!("{}{place}: {failure}", seen.path()));
        }
        if found {
            out.rows.push(self.rows.row(seen));
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        found.rows.iter().map(Row::bytes).sum()
    }
}

/// The pipes of a query over events, ready to run; an error is about one of their arguments.
pub(super) fn pipeline(pipes: &[Pipe], schema: &Schema) -> Result<Pipeline, Diagnostic> {
    Pipeline::new(pipes, schema)
}

/// Runs the pipes of an event query over all rows that its condition is true of.
pub(super) fn rows(
    sources: &[Source],
    (conditions, rows): (&Conditions, RowMaker),
    pipeline: &Pipeline,
    projection: &Projection,
    args: &ReadArgs,
    summary: &mut Summary,
) -> Result<Output<Row>> {
    let work = All { conditions, rows };
    let (mut sorter, mut arrival) = (Sorter::default(), 0);
    for (number, source) in sources.iter().enumerate() {
        let projection = projection.rebind(&source.schema);
        let prefilter = prefilter(conditions, &projection);
        let reading = Reading { prefilter: prefilter.as_ref(), ..args.reading(&projection) };
        input::read(&source.inputs, reading, summary, &work, &mut |found: Found| {
            if let Some(failure) = found.failure {
                bail!("the query failed at {failure}");
            }
            for mut row in found.rows {
                row.index.get_or_insert_with(|| source.name.clone());
                arrival += 1;
                let bytes = row.bytes();
                sorter.push(Entry { row, arrival, source: number }, bytes)?;
            }
            Ok(())
        })?;
    }
    let again: Vec<Again> =
        sources.iter().map(|source| Again::new(pipeline, &source.schema)).collect();
    let mut run = pipeline.start();
    sorter.finish(&mut |Entry { row, source, .. }| {
        let kept = again[source].kept(&row);
        run.push(row, kept).map_err(io::Error::other)
    })?;
    output(run.finish())
}

/// Runs pipes over sequences, which they can count and cut.
pub(super) fn sets(sets: Vec<Set>, pipeline: &Pipeline) -> Result<Output<Set>> {
    output(pipeline.run(sets.into_iter().map(|set| (set, Kept::default()))))
}

fn output<R>(outcome: Result<Outcome<R>, String>) -> Result<Output<R>> {
    let outcome = outcome.map_err(anyhow::Error::msg)?;
    if 0 < outcome.dropped {
        report::note(&format!("warning: pipes had no room for {} rows", outcome.dropped));
    }
    Ok(outcome.output)
}

/// Reads rows once more for the fields that pipes name.
struct Again {
    projection: Projection,
    slots: Vec<Slot>,
    plan: Plan,
}

impl Again {
    fn new(pipeline: &Pipeline, schema: &Schema) -> Again {
        let mut projection = Projection::new();
        let slots = pipeline.fields().iter().map(|name| projection.want(name, schema)).collect();
        Again { plan: Plan::new(&projection), slots, projection }
    }

    fn kept(&self, row: &Row) -> Kept {
        let arena = Bump::new();
        let mut event = Event::new(&self.projection);
        event.reset(&row.source, Origin::default());
        // It was read before, when it became a row.
        let _ = RecordReader::new(&self.plan, false).read(&row.source, &arena, &mut event);
        Kept::of(&event, &self.slots)
    }
}
