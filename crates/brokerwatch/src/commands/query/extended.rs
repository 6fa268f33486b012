//! Pipes that Elasticsearch does not have: they need every row, in order, and some give a table instead of rows.

use std::io;

use anyhow::Result;
use brokerwatch_ecs::{Event, Origin, Projection, Schema, Slot};
use brokerwatch_eql::pipes::{Kept, Outcome, Output, Pipeline};
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_runtime::Sorter;
use bumpalo::Bump;

use super::Ground;
use super::events::{self, Row, Search};
use super::sequences::Set;
use crate::commands::input::Summary;
use crate::report;

/// Runs the pipes of an event query over all rows that its condition is true of.
pub(super) fn rows(
    ground: &Ground<'_>,
    work: &Search<'_>,
    pipeline: &Pipeline,
    summary: &mut Summary,
) -> Result<Output<Row>> {
    let (mut sorter, mut arrival) = (Sorter::default(), 0);
    for (number, source) in ground.sources.iter().enumerate() {
        events::search(source, ground, work, summary, &mut |row| {
            arrival += 1;
            let (key, bytes) = (row.key(arrival), row.bytes());
            Ok(sorter.push(key, (row, number), bytes)?)
        })?;
    }
    let again: Vec<Again> =
        ground.sources.iter().map(|source| Again::new(pipeline, &source.schema)).collect();
    let mut run = pipeline.start();
    sorter.finish(&mut |(row, source): (Row, usize)| {
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
