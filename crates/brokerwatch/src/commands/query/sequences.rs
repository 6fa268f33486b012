//! Sequences and samples: events that belong together.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use brokerwatch_detect::{Conditions, Matcher, Steps};
use brokerwatch_ecs::Timestamp;
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::{Pipe, Sequence};
use brokerwatch_eql::sample::Sample;
use brokerwatch_eql::sequence::{Arrival, Machine, Plan, Role};
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use brokerwatch_runtime::{Disorder, Sorter, Window};
use serde_json::Value;

use super::Ground;
use super::events::{Cut, Row, RowMaker, cut, piped, prefilter};
use crate::commands::input::{self, Summary};
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
    ground: &Ground<'_>,
    hunt: &Hunt<'_>,
    summary: &mut Summary,
    take: &mut (dyn FnMut(Row, Vec<Role>) -> Result<()> + Send),
) -> Result<()> {
    for source in ground.sources {
        let projection = ground.projection.rebind(&source.schema);
        let prefilter = prefilter(hunt.conditions, &projection);
        let reading = Reading { prefilter: prefilter.as_ref(), ..ground.read.reading(&projection) };
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
    ground: &Ground<'_>,
    hunt: &Hunt<'_>,
    sequence: &Sequence,
    summary: &mut Summary,
    (pipes, size): (&[Pipe], usize),
) -> Result<Vec<Set>> {
    let assembly = || Assembly::new(sequence, cut(pipes, size));
    let inputs: Vec<_> = ground.sources.iter().flat_map(|source| &source.inputs).collect();
    // One input is mostly in order. Several are of one time, and standard input cannot be read again.
    if let [input] = inputs[..]
        && !input.is_standard()
        && let Some(sets) = in_order(ground, hunt, summary, assembly())?
    {
        return Ok(piped(sets, pipes, size));
    }
    summary.read_again();
    let mut assembly = assembly();
    let mut sorter = Sorter::default();
    let mut arrival = 0;
    read(ground, hunt, summary, &mut |row, roles| {
        if assembly.is_timed(&row) {
            arrival += 1;
            let (key, bytes) = (row.key(arrival), bytes(&row, &roles));
            sorter.push(key, (row, roles), bytes)?;
        }
        Ok(())
    })?;
    sorter.finish(&mut |(row, roles)| {
        assembly.push(row, roles);
        Ok(())
    })?;
    Ok(piped(assembly.finish(), pipes, size))
}

/// The sequences of an input whose events come in order, or nearly so; `None` if they do not.
fn in_order(
    ground: &Ground<'_>,
    hunt: &Hunt<'_>,
    summary: &mut Summary,
    mut assembly: Assembly,
) -> Result<Option<Vec<Set>>> {
    let mut window = Window::default();
    let mut arrival = 0u64;
    let result = read(ground, hunt, summary, &mut |row, roles| {
        if !assembly.is_timed(&row) {
            return Ok(());
        }
        arrival += 1;
        let (key, bytes) = (row.key(arrival), bytes(&row, &roles));
        let mut push = |(row, roles)| assembly.push(row, roles);
        window.push(key, (row, roles), bytes, &mut push).map_err(|Disorder| anyhow!(OUT_OF_ORDER))
    });
    match result {
        Ok(()) => {}
        Err(error) if error.to_string() == OUT_OF_ORDER => return Ok(None),
        Err(error) => return Err(error),
    }
    window.finish(&mut |(row, roles)| assembly.push(row, roles));
    Ok(Some(assembly.finish()))
}

/// What ends a reading that has to start again.
const OUT_OF_ORDER: &str = "the events are out of order";

/// Puts sequences together, and keeps as many as the answer can hold.
struct Assembly {
    machine: Machine<Arc<Row>>,
    found: Vec<brokerwatch_eql::sequence::Found<Arc<Row>>>,
    kept: Kept<Set>,
    untimed: u64,
}

impl Assembly {
    fn new(sequence: &Sequence, cut: Cut) -> Assembly {
        let machine = Machine::new(Plan::of(sequence));
        Assembly { machine, found: Vec::new(), kept: Kept::new(cut), untimed: 0 }
    }

    /// Whether an event has a time; one that has none is counted and takes part in nothing.
    fn is_timed(&mut self, row: &Row) -> bool {
        self.untimed += u64::from(row.nanoseconds.is_none());
        row.nanoseconds.is_some()
    }

    fn push(&mut self, row: Row, roles: Vec<Role>) {
        let time = row.nanoseconds.and_then(|n| Timestamp::from_nanosecond(n).ok());
        let Some(time) = time else { return };
        self.machine.push(Arrival { time, event: Arc::new(row), roles }, &mut self.found);
        self.keep();
    }

    fn keep(&mut self) {
        for found in self.found.drain(..) {
            let keys = found.key.iter().map(KeyValue::shown_in_sequence).collect();
            self.kept.add(Set { keys, events: found.events });
        }
    }

    fn finish(mut self) -> Vec<Set> {
        self.machine.finish(&mut self.found);
        self.keep();
        for (count, what) in [
            (self.untimed, "events without a time took part in no sequence"),
            (self.machine.dropped(), "open sequences were dropped at a bound"),
        ] {
            if 0 < count {
                report::note(&format!("warning: {count} {what}"));
            }
        }
        self.kept.items.into()
    }
}

/// The samples of a query.
pub(super) fn samples(
    ground: &Ground<'_>,
    hunt: &Hunt<'_>,
    filters: usize,
    summary: &mut Summary,
    (max_per_key, size): (usize, usize),
) -> Result<Vec<Set>> {
    let mut sample: Sample<Arc<Row>> = Sample::new(filters, max_per_key);
    let mut arrival = 0;
    read(ground, hunt, summary, &mut |row, roles| {
        let row = Arc::new(row);
        arrival += 1;
        for Role { stage, keys } in roles {
            sample.push(stage, keys, arrival, Arc::clone(&row));
        }
        Ok(())
    })?;
    let found = sample.finish();
    for (count, what) in [
        (sample.dropped(), "events were dropped at a bound"),
        (sample.cut(), "keys were searched up to a bound only"),
    ] {
        if 0 < count {
            report::note(&format!("warning: {count} {what}"));
        }
    }
    let shown = |key: &Key| key.iter().map(KeyValue::shown_in_sample).collect();
    Ok(found
        .into_iter()
        .take(size)
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
            Cut::All => self.items.push_back(item),
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
