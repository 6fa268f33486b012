//! Sequences and samples: events that belong together.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use anyhow::{Result, bail};
use brokerwatch_detect::{Conditions, Matcher, Steps};
use brokerwatch_ecs::{Projection, Timestamp};
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::{Pipe, Sequence};
use brokerwatch_eql::sample::Sample;
use brokerwatch_eql::sequence::{Arrival, Machine, Plan, Role};
use brokerwatch_runtime::Sorter;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::{Cut, Row, RowMaker, cut, piped, prefilter};
use super::sources::Source;
use crate::commands::input::{self, ReadArgs, Summary};
use crate::report;

/// Events that belong together.
pub(super) struct Set {
    /// The values of the join keys.
    pub(super) keys: Vec<Value>,
    /// `None` for an event that had to be missing.
    pub(super) events: Vec<Option<Arc<Row>>>,
}

/// What is searched for, and how.
pub(super) struct Hunt<'a> {
    pub(super) conditions: &'a Conditions,
    pub(super) steps: &'a Steps,
    pub(super) rows: RowMaker,
}

/// An event that meets a bracket.
#[derive(Serialize, Deserialize)]
struct Entry {
    row: Row,
    arrival: u64,
    roles: Vec<Role>,
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

/// What a chunk gave.
#[derive(Default)]
pub(super) struct Found {
    entries: Vec<(Row, Vec<Role>)>,
    failure: Option<(String, String)>,
}

impl<'a> OnEvents for Hunt<'a> {
    type Worker = Matcher<'a>;
    type Output = Found;

    fn worker(&self) -> Matcher<'a> {
        Matcher::new(self.conditions)
    }

    fn event(&self, matcher: &mut Matcher<'a>, seen: &Seen<'_, '_>, out: &mut Found) {
        let mut met = Vec::new();
        let failure = matcher.run(seen.event, |condition, _| met.push(condition));
        if let (Some(failure), None) = (failure, &out.failure) {
            let place = format!("{}{}", seen.path(), input::place(seen.event.origin));
            out.failure = Some((place, failure));
        }
        if met.is_empty() {
            return;
        }
        // The brackets are the only conditions, in their order.
        let roles = self.steps.roles(met.into_iter(), seen.event);
        if !roles.is_empty() {
            out.entries.push((self.rows.row(seen), roles));
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        found.entries.iter().map(|(row, roles)| bytes(row, roles)).sum()
    }
}

fn bytes(row: &Row, roles: &[Role]) -> usize {
    row.bytes() + 128 * roles.len()
}

/// Reads all sources and calls `take` with each event that meets a bracket, in the order of the inputs.
fn read(
    sources: &[Source],
    hunt: &Hunt<'_>,
    projection: &Projection,
    args: &ReadArgs,
    summary: &mut Summary,
    take: &mut (dyn FnMut(Row, Vec<Role>) -> Result<()> + Send),
) -> Result<()> {
    for source in sources {
        let projection = projection.rebind(&source.schema);
        let prefilter = prefilter(hunt.conditions, &projection);
        let reading = Reading { prefilter: prefilter.as_ref(), ..args.reading(&projection) };
        input::read(&source.inputs, reading, summary, hunt, &mut |found: Found| {
            if let Some((place, failure)) = found.failure {
                bail!("the query failed at {place}: {failure}");
            }
            for (mut row, roles) in found.entries {
                row.index.get_or_insert_with(|| source.name.clone());
                take(row, roles)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The sequences of a query.
pub(super) fn sequences(
    sources: &[Source],
    hunt: &Hunt<'_>,
    sequence: &Sequence,
    projection: &Projection,
    args: &ReadArgs,
    summary: &mut Summary,
    (pipes, size): (&[Pipe], usize),
) -> Result<Vec<Set>> {
    let mut sorter = Sorter::default();
    let (mut arrival, mut untimed) = (0, 0u64);
    read(sources, hunt, projection, args, summary, &mut |row, roles| {
        if row.nanoseconds.is_none() {
            untimed += 1;
            return Ok(());
        }
        arrival += 1;
        let bytes = bytes(&row, &roles);
        Ok(sorter.push(Entry { row, arrival, roles }, bytes)?)
    })?;
    let mut machine = Machine::new(Plan::of(sequence));
    let (mut found, mut kept) = (Vec::new(), Kept::new(cut(pipes, size)));
    let set = |found: brokerwatch_eql::sequence::Found<Arc<Row>>| Set {
        keys: found.key.iter().map(KeyValue::shown_in_sequence).collect(),
        events: found.events,
    };
    sorter.finish(&mut |entry: Entry| {
        let Entry { row, roles, .. } = entry;
        let time = row.nanoseconds.and_then(|n| Timestamp::from_nanosecond(n).ok());
        let time = time.ok_or_else(|| io::Error::other("a time out of range"))?;
        machine.push(Arrival { time, event: Arc::new(row), roles }, &mut found);
        found.drain(..).for_each(|found| kept.add(set(found)));
        Ok(())
    })?;
    machine.finish(&mut found);
    found.drain(..).for_each(|found| kept.add(set(found)));
    for (count, what) in [
        (untimed, "events without a time took part in no sequence"),
        (machine.dropped(), "open sequences were dropped at a bound"),
    ] {
        if 0 < count {
            report::note(&format!("warning: {count} {what}"));
        }
    }
    Ok(piped(kept.items.into(), pipes, size))
}

/// The samples of a query.
pub(super) fn samples(
    sources: &[Source],
    hunt: &Hunt<'_>,
    filters: usize,
    projection: &Projection,
    args: &ReadArgs,
    summary: &mut Summary,
    (max_per_key, size): (usize, usize),
) -> Result<Vec<Set>> {
    let mut sample: Sample<Arc<Row>> = Sample::new(filters, max_per_key);
    let mut arrival = 0;
    read(sources, hunt, projection, args, summary, &mut |row, roles| {
        let row = Arc::new(row);
        arrival += 1;
        for Role { stage, keys } in roles {
            sample.push(stage, keys, arrival, Arc::clone(&row));
        }
        Ok(())
    })?;
    let dropped = sample.dropped();
    if 0 < dropped {
        report::note(&format!("warning: {dropped} events were dropped at a bound"));
    }
    let shown = |key: &Key| key.iter().map(KeyValue::shown_in_sample).collect();
    let found = sample.finish().into_iter().take(size);
    Ok(found
        .map(|found| Set {
            keys: shown(&found.key),
            events: found.events.into_iter().map(Some).collect(),
        })
        .collect())
}

/// The first or the last of many, as many as the answer can hold.
struct Kept<T> {
    cut: Cut,
    items: VecDeque<T>,
}

impl<T> Kept<T> {
    fn new(cut: Cut) -> Kept<T> {
        Kept { cut, items: VecDeque::new() }
    }

    fn add(&mut self, item: T) {
        match self.cut {
            Cut::First(most) if self.items.len() < most => self.items.push_back(item),
            Cut::First(_) => {}
            Cut::Last(most) => {
                self.items.push_back(item);
                if most < self.items.len() {
                    self.items.pop_front();
                }
            }
        }
    }
}
