//! A sequence: reading the events, the replay, and a second reading for near misses.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use brokerwatch_detect::explain::Explanation;
use brokerwatch_detect::explain::sequence::{
    Collected, Miss, Near, Replay, Role, Search, Seen as Part, SequenceExplainer,
};
use brokerwatch_ecs::{Projection, Schema, Slot, Timestamp};
use brokerwatch_expr::Scratch;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};

use super::{Args, Asked, Format, NEAR_DEFAULT, Place, Wanted, json, text};
use crate::commands::input::{self, Summary};
use crate::{ERROR, FOUND, NOTHING, report};

/// What the whole run gave.
pub(super) struct Outcome {
    /// Events that were read.
    pub(super) read: u64,
    /// Events that met a bracket but have no time.
    pub(super) without_time: u64,
    pub(super) replay: Replay,
    /// Whether complete sequences are shown, or what came furthest.
    pub(super) shows_complete: bool,
    /// Events that came closest to opening a sequence, where none was opened.
    pub(super) openings: Vec<Miss>,
}

/// One event, bracket by bracket.
pub(super) struct Roles {
    pub(super) place: Place,
    pub(super) time: Option<Timestamp>,
    /// The brackets, then `until`: the text of each, and the event under it.
    pub(super) brackets: Vec<(String, Explanation)>,
}

pub(super) fn run(
    args: &Args,
    asked: &Asked,
    sequence: &SequenceExplainer,
    mut projection: Projection,
    schema: &Schema,
    inputs: &[Input],
) -> Result<u8> {
    if let Some(named) = &args.event {
        let event_id = projection.want("event.id", schema);
        let timestamp = projection.want(&asked.settings.timestamp_field, schema);
        let wanted = Wanted::new(named);
        let named = Named {
            sequence,
            projection: &projection,
            wanted,
            event_id,
            timestamp,
            limit: args.limit,
        };
        return one_event(args, asked, &named, inputs);
    }
    let mut summary = Summary::default();
    let outcome = explained(args, sequence, &projection, inputs, &mut summary)?;
    super::write(&match args.format {
        Format::Text => text::sequence(asked, sequence, &outcome),
        Format::Json => json::sequence(asked, sequence, &outcome),
    })?;
    Ok(match (summary.unread_inputs, outcome.shows_complete) {
        (0, true) => FOUND,
        (0, false) => NOTHING,
        _ => ERROR,
    })
}

/// Reads the events and explains how far sequences came.
pub(super) fn explained(
    args: &Args,
    sequence: &SequenceExplainer,
    projection: &Projection,
    inputs: &[Input],
    summary: &mut Summary,
) -> Result<Outcome> {
    let work = Work { sequence };
    let (mut collected, mut paths, mut read, mut without_time) =
        (Collected::default(), BTreeMap::new(), 0, 0);
    let reading = args.read.reading(projection);
    input::read(inputs, reading, summary, &work, &mut |found: Found| {
        read += found.read;
        without_time += found.without_time;
        let Some(path) = found.path else { return Ok(()) };
        let next = paths.len() as u32;
        let number = *paths.entry(path).or_insert(next);
        for mut part in found.parts {
            part.set_input(number);
            collected.add(part);
        }
        Ok(())
    })?;
    let near = args.near.unwrap_or(NEAR_DEFAULT);
    let mut replay = collected.replay(sequence, args.limit, near);
    let shows_complete = args.near.is_none() && 0 < replay.fired;
    let openings = if shows_complete {
        Vec::new()
    } else {
        search(args, sequence, projection, &paths, inputs, &mut replay, near)?
    };
    Ok(Outcome { read, without_time, replay, shows_complete, openings })
}

/// The second reading, which standard input does not allow.
fn search(
    args: &Args,
    sequence: &SequenceExplainer,
    projection: &Projection,
    paths: &BTreeMap<Arc<str>, u32>,
    inputs: &[Input],
    replay: &mut Replay,
    most: usize,
) -> Result<Vec<Miss>> {
    let search = Search::new(sequence, replay, most);
    if search.is_empty() {
        return Ok(Vec::new());
    }
    if inputs.iter().any(Input::is_standard) {
        report::note(
            "note: near misses take a second reading, which standard input does not allow: give a file",
        );
        return Ok(Vec::new());
    }
    let mut all = Near::default();
    let again = Again { search: &search, projection, paths };
    let reading = args.read.reading(projection);
    input::read_quietly(inputs, reading, &again, &mut |(_, near)| {
        search.merge(&mut all, near);
        Ok(())
    })?;
    Ok(search.finish(all, replay))
}

fn one_event(args: &Args, asked: &Asked, named: &Named<'_>, inputs: &[Input]) -> Result<u8> {
    let (mut all, mut summary) = (Vec::new(), Summary::default());
    let reading = args.read.reading(named.projection);
    input::read(inputs, reading, &mut summary, named, &mut |(_, roles)| {
        all.extend(roles);
        all.truncate(args.limit);
        Ok(())
    })?;
    if all.is_empty() {
        return Err(named.wanted.not_found());
    }
    super::write(&match args.format {
        Format::Text => text::roles(asked, named.sequence, &all),
        Format::Json => json::roles(asked, named.sequence, &all),
    })?;
    Ok(if 0 < summary.unread_inputs { ERROR } else { NOTHING })
}

/// The first reading.
struct Work<'a> {
    sequence: &'a SequenceExplainer,
}

/// What a chunk gave.
#[derive(Default)]
struct Found {
    path: Option<Arc<str>>,
    read: u64,
    without_time: u64,
    parts: Vec<Part>,
}

impl OnEvents for Work<'_> {
    type Worker = Scratch;
    type Output = Found;

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, found: &mut Found) {
        found.read += 1;
        // Inputs are numbered by the paths of their events, whether these are of interest or not.
        let path = &mut found.path;
        path.get_or_insert_with(|| seen.path().into());
        match self.sequence.role(seen.event, || super::place(path, seen, 0), scratch) {
            Role::None => {}
            Role::NoTime => found.without_time += 1,
            Role::Some(part) => found.parts.push(part),
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        found.parts.iter().map(|part| 256 + 64 * part.entries()).sum()
    }
}

/// The second reading.
struct Again<'a> {
    search: &'a Search<'a>,
    projection: &'a Projection,
    paths: &'a BTreeMap<Arc<str>, u32>,
}

impl OnEvents for Again<'_> {
    type Worker = Scratch;
    type Output = (Option<Arc<str>>, Near);

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, (path, near): &mut Self::Output) {
        let path = path.get_or_insert_with(|| seen.path().into());
        // A path that the first reading did not have was written in between.
        let Some(&input) = self.paths.get(path) else { return };
        let mut path = Some(Arc::clone(path));
        let place = super::place(&mut path, seen, input);
        self.search.event(seen.event, input, near, scratch, |explainer, scratch| {
            (place.clone(), super::explain(explainer, self.projection, seen, scratch))
        });
    }

    fn bytes(&self, _: &Self::Output) -> usize {
        4096
    }
}

/// A reading for one event.
struct Named<'a> {
    sequence: &'a SequenceExplainer,
    projection: &'a Projection,
    wanted: Wanted,
    event_id: Slot,
    timestamp: Slot,
    limit: usize,
}

impl OnEvents for Named<'_> {
    type Worker = Scratch;
    type Output = (Option<Arc<str>>, Vec<Roles>);

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, (path, all): &mut Self::Output) {
        if all.len() < self.limit && self.wanted.is(seen, Some(self.event_id)) {
            all.push(Roles {
                place: super::place(path, seen, 0),
                time: seen.event.timestamp(self.timestamp),
                brackets: super::with_subject(self.projection, seen, |subject| {
                    self.sequence.roles(subject, scratch)
                }),
            });
        }
    }

    fn bytes(&self, (_, all): &Self::Output) -> usize {
        4096 * all.len()
    }
}
