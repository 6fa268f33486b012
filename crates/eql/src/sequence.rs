//! Sequences: events in order, joined by their keys.
//!
//! The machine evaluates no condition and reads no event. It is told which brackets an event meets and with which keys, and
//! hands back handles of events. It never looks back: what it keeps for a key is one candidate per stage, and what missing
//! stages need.
//!
//! A *bracket* is `[ ]` or `![ ]` as written in the query; a *stage* is what has to happen once, so that a bracket with
//! `runs=3` is three of them. *Positive* brackets are those that wait for an event, the others for its absence.

use serde::{Deserialize, Serialize};

use crate::keys::Key;

mod candidate;
mod keyed;
mod machine;
mod moment;
mod plan;
mod snapshot;

pub use brokerwatch_ecs::Timestamp;
pub use machine::{Bounds, Machine};
pub use plan::Plan;
pub use snapshot::{RestoreError, Snapshot};

/// What an event is to one bracket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The number of the bracket in the query, from 0; `until` comes after the last.
    pub stage: usize,
    /// The keys with which the event takes part, each once.
    pub keys: Vec<Key>,
}

/// An event that meets at least one bracket. `H` is whatever stands for it, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival<H> {
    /// When it happened.
    pub time: Timestamp,
    /// The event.
    pub event: H,
    /// What it is to which bracket, each bracket once.
    pub roles: Vec<Role>,
}

/// A sequence that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<H> {
    /// The values that its events share.
    pub key: Key,
    /// One per stage, with runs spread out; `None` for an event that had to be missing.
    pub events: Vec<Option<H>>,
    /// How many arrivals came before that of its last event. Results are ordered by it, then by key.
    pub order: u64,
}
