//! An event query: which events are explained, and reading them.

use std::sync::Arc;

use anyhow::Result;
use brokerwatch_detect::Silencer;
use brokerwatch_detect::explain::{Explainer, Nearest};
use brokerwatch_ecs::{Projection, Schema, Slot};
use brokerwatch_expr::Scratch;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};

use super::{Args, Asked, Explained, Format, NEAR_DEFAULT, Silenced, Wanted, json, text};
use crate::commands::input::{self, Summary};
use crate::{ERROR, FOUND, NOTHING};

/// Which events are explained.
enum Select {
    /// The one that was named.
    Named(Wanted),
    /// Those that came closest to firing.
    Near,
    /// Those that fired, or if there are none those that came closest.
    Fired,
}

/// What the whole run gave.
pub(super) struct Outcome {
    /// Events that were read.
    pub(super) read: u64,
    /// Events that the rule fires on; not counted where one event was asked for.
    pub(super) fired: Option<u64>,
    /// Why these events.
    pub(super) why: &'static str,
    pub(super) explained: Vec<Explained>,
}

/// How many leaves kept an event from firing, and which event in the order of reading.
type Rank = (usize, u64);

pub(super) fn run(
    args: &Args,
    asked: &Asked,
    explainer: &Explainer,
    projection: Projection,
    schema: &Schema,
    inputs: &[Input],
) -> Result<u8> {
    let mut summary = Summary::default();
    let outcome = explained(args, asked, explainer, projection, schema, inputs, &mut summary)?;
    super::write(&match args.format {
        Format::Text => text::events(asked, &outcome),
        Format::Json => json::events(asked, &outcome),
    })?;
    let fires = outcome.explained.iter().any(|explained| explained.explanation.fires);
    Ok(match (summary.unread_inputs, fires) {
        (0, true) => FOUND,
        (0, false) => NOTHING,
        _ => ERROR,
    })
}

/// Reads the events and explains those that are asked for.
pub(super) fn explained(
    args: &Args,
    asked: &Asked,
    explainer: &Explainer,
    mut projection: Projection,
    schema: &Schema,
    inputs: &[Input],
    summary: &mut Summary,
) -> Result<Outcome> {
    let select = match (&args.event, args.near) {
        (Some(named), _) => Select::Named(Wanted::new(named)),
        (None, Some(_)) => Select::Near,
        (None, None) => Select::Fired,
    };
    let silencers = asked.silencers(schema, &mut projection);
    let timestamp = projection.want(&asked.settings.timestamp_field, schema);
    let event_id = args.event.as_ref().map(|_| projection.want("event.id", schema));
    let near = args.near.unwrap_or(NEAR_DEFAULT);
    let work = Work {
        explainer,
        silencers: &silencers,
        projection: &projection,
        select,
        timestamp,
        event_id,
        near,
        limit: args.limit,
    };
    let mut all = Found::default();
    let mut kept = Nearest::new(near);
    let reading = args.read.reading(&projection);
    input::read(inputs, reading, summary, &work, &mut |found: Found| {
        let room = args.limit.saturating_sub(all.fired.len());
        all.fired.extend(found.fired.into_iter().take(room));
        for ((missed, number), explained) in
            found.near.map(Nearest::into_sorted).unwrap_or_default()
        {
            kept.add((missed, all.read + number), explained);
        }
        all.read += found.read;
        all.count += found.count;
        Ok(())
    })?;
    outcome(work.select, all, kept)
}

/// How many conditions the nearest event does not meet; `None` where no change would make one fire.
pub(super) fn missed(
    explainer: &Explainer,
    projection: &Projection,
    inputs: &[Input],
    read: &crate::commands::input::ReadArgs,
) -> Result<Option<usize>> {
    let mut least = None;
    let mut summary = Summary::silent();
    let reading = read.reading(projection);
    input::read(inputs, reading, &mut summary, &Distance { explainer }, &mut |found| {
        least = least.into_iter().chain(found).min();
        Ok(())
    })?;
    Ok(least)
}

struct Distance<'a> {
    explainer: &'a Explainer,
}

impl OnEvents for Distance<'_> {
    type Worker = Scratch;
    type Output = Option<usize>;

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, least: &mut Option<usize>) {
        let (fires, missed) = self.explainer.missed(seen.event, scratch);
        let missed = if fires { Some(0) } else { missed };
        *least = least.iter().copied().chain(missed).min();
    }

    fn bytes(&self, _: &Option<usize>) -> usize {
        0
    }
}

fn outcome(select: Select, all: Found, near: Nearest<Rank, Explained>) -> Result<Outcome> {
    let nearest = || near.into_sorted().into_iter().map(|(_, explained)| explained).collect();
    let (why, explained, fired) = match select {
        Select::Named(wanted) if all.fired.is_empty() => return Err(wanted.not_found()),
        Select::Named(_) => ("named", all.fired, None),
        Select::Fired if 0 < all.count => ("fired", all.fired, Some(all.count)),
        Select::Fired | Select::Near => ("near", nearest(), Some(all.count)),
    };
    Ok(Outcome { read: all.read, fired, why, explained })
}

struct Work<'a> {
    explainer: &'a Explainer,
    silencers: &'a [Silencer<'a>],
    projection: &'a Projection,
    select: Select,
    timestamp: Slot,
    event_id: Option<Slot>,
    near: usize,
    limit: usize,
}

/// What a chunk gave.
#[derive(Default)]
struct Found {
    path: Option<Arc<str>>,
    read: u64,
    /// How many fired, or were named.
    count: u64,
    /// The first of these.
    fired: Vec<Explained>,
    near: Option<Nearest<Rank, Explained>>,
}

impl OnEvents for Work<'_> {
    type Worker = Scratch;
    type Output = Found;

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, found: &mut Found) {
        let number = found.read;
        found.read += 1;
        if let Select::Named(wanted) = &self.select {
            if wanted.is(seen, self.event_id) {
                self.fired(scratch, seen, found);
            }
            return;
        }
        match (self.explainer.missed(seen.event, scratch), &self.select) {
            ((true, _), Select::Near) => found.count += 1,
            ((true, _), _) => self.fired(scratch, seen, found),
            ((false, _), Select::Fired) if 0 < found.count => {}
            ((false, missed), _) => {
                // Where nothing would make it fire, the event is as far away as can be.
                let rank = (missed.unwrap_or(usize::MAX), number);
                let near = found.near.get_or_insert_with(|| Nearest::new(self.near));
                if near.takes(&rank) {
                    let explained = self.explained(scratch, seen, &mut found.path);
                    near.add(rank, explained);
                }
            }
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        let near = found.near.as_ref().map_or(0, |_| self.near);
        found.fired.iter().map(Explained::bytes).sum::<usize>() + 4096 * near
    }
}

impl Work<'_> {
    fn fired(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, found: &mut Found) {
        found.count += 1;
        if found.fired.len() < self.limit {
            let explained = self.explained(scratch, seen, &mut found.path);
            found.fired.push(explained);
        }
    }

    fn explained(
        &self,
        scratch: &mut Scratch,
        seen: &Seen<'_, '_>,
        path: &mut Option<Arc<str>>,
    ) -> Explained {
        Explained {
            place: super::place(path, seen, 0),
            time: seen.event.timestamp(self.timestamp),
            explanation: super::explain(self.explainer, self.projection, seen, scratch),
            silenced_by: self.silenced_by(seen, scratch),
        }
    }

    /// The items of exceptions that hold of an event.
    fn silenced_by(&self, seen: &Seen<'_, '_>, scratch: &mut Scratch) -> Vec<Silenced> {
        let holds = |each: &&Silencer<'_>| each.silences(seen.event, self.projection, scratch);
        let silenced = self.silencers.iter().filter(holds).map(Silenced::of).collect();
        scratch.take_failure();
        scratch.reset();
        silenced
    }
}
