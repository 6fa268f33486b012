//! What a machine knows, to be written down and read back.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, State};
use super::{Found, Machine, Plan};
use crate::keys::Key;

/// What a machine knows. A snapshot that was written once can be read by every later version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snapshot<H> {
    /// The first version.
    V1(Contents<H>),
}

/// The contents of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents<H> {
    plan: Plan,
    arrivals: u64,
    dropped: u64,
    /// From the key that has gone longest without being touched to the last touched one.
    keys: Vec<KeyContents<H>>,
    decided: Vec<Found<H>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeyContents<H> {
    key: Key,
    touched_millis: i64,
    state: State<H>,
}

/// Why a snapshot cannot be taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The query has changed.
    #[error("the snapshot is of a sequence with other stages; start without it")]
    OtherPlan,
    /// No machine has written it.
    #[error("the snapshot is damaged: {0}; start without it")]
    Damaged(&'static str),
}

impl<H: Clone> Machine<H> {
    /// What the machine knows.
    pub fn snapshot(&self) -> Snapshot<H> {
        let of_place = |place| KeyContents {
            key: self.keyed.key(place).clone(),
            touched_millis: self.keyed.touched_millis(place),
            state: self.keyed.state(place).clone(),
        };
        Snapshot::V1(Contents {
            plan: self.plan.clone(),
            arrivals: self.arrivals,
            dropped: self.dropped,
            keys: self.keyed.places().map(of_place).collect(),
            decided: self.decided.clone(),
        })
    }

    /// The machine that the snapshot was taken of, with the default bounds.
    pub fn restore(plan: Plan, snapshot: Snapshot<H>) -> Result<Machine<H>, RestoreError> {
        let Snapshot::V1(contents) = snapshot;
        if contents.plan != plan {
            return Err(RestoreError::OtherPlan);
        }
        check(&plan, &contents).map_err(RestoreError::Damaged)?;
        let mut machine = Machine::new(plan);
        machine.arrivals = contents.arrivals;
        machine.dropped = contents.dropped;
        machine.decided = contents.decided;
        for KeyContents { key, touched_millis, state } in contents.keys {
            machine.put(key, touched_millis, state);
        }
        Ok(machine)
    }
}

/// Looks for what would break the machine, not for what could not have come about.
fn check<H>(plan: &Plan, contents: &Contents<H>) -> Result<(), &'static str> {
    let mut keys = HashSet::new();
    if !contents.keys.iter().all(|entry| keys.insert(&entry.key)) {
        return Err("a key stands twice");
    }
    for KeyContents { state, .. } in &contents.keys {
        if !state.pending.is_sorted_by(|a, b| a.stage < b.stage) {
            return Err("candidates are out of order");
        }
        if state.pending.iter().any(|candidate| plan.last() <= candidate.stage) {
            return Err("a candidate is past the last stage");
        }
        if state.waiting.iter().any(|candidate| !plan.waits() || candidate.stage != plan.last()) {
            return Err("a candidate waits before the last stage");
        }
        if state.candidates().any(|candidate| !is_whole(candidate)) {
            return Err("a candidate lacks an event");
        }
    }
    let entries = plan.stages();
    if contents.decided.iter().any(|found| found.events.len() != entries) {
        return Err("a result lacks a stage");
    }
    Ok(())
}

fn is_whole<H>(candidate: &Candidate<H>) -> bool {
    candidate.events.len() == candidate.stage + 1
}
