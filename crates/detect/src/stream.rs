//! Hits that come in no exact order, as a stream gives them: put in order within an allowed lateness.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::correlate::{self, Correlator, Hit, Order, RestoreError, Signal};
use crate::limits::STREAM_HITS_MAX;

/// Correlates a stream. Any order of arrival within the lateness gives the same signals.
pub struct Stream<'s, 'r> {
    correlator: Correlator<'s, 'r>,
    lateness_nanoseconds: i128,
    /// Hits that others may still come before.
    waiting: BTreeMap<Order, Hit>,
    /// The latest time of a hit so far.
    newest: Option<i128>,
    /// Everything earlier was given to the correlator.
    watermark: i128,
    late: u64,
    forced: u64,
}

/// What a stream knows, to be written down and read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamSnapshot {
    /// The first version.
    V1 {
        /// The `rule_id` of each rule, by the number that hits name it with.
        rules: Vec<String>,
        /// Of the correlator.
        correlator: correlate::Snapshot,
        /// Hits that others may still come before.
        waiting: Vec<Hit>,
        /// The latest time of a hit.
        newest: Option<i128>,
        /// What was given on.
        watermark: i128,
        /// How many came too late.
        late: u64,
        /// How many were given on early.
        forced: u64,
    },
}

impl<'s, 'r> Stream<'s, 'r> {
    /// A stream that has seen nothing. A hit may come so long after a later one.
    pub fn new(correlator: Correlator<'s, 'r>, lateness_nanoseconds: i128) -> Stream<'s, 'r> {
        Stream {
            correlator,
            lateness_nanoseconds,
            waiting: BTreeMap::new(),
            newest: None,
            watermark: i128::MIN,
            late: 0,
            forced: 0,
        }
    }

    /// The next hit as it comes. One that is too late for its place is left out and counted.
    pub fn push(&mut self, hit: Hit, signals: &mut Vec<Signal>) {
        let time = hit.order.nanoseconds;
        if time < self.watermark {
            self.late += 1;
            return;
        }
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
        self.waiting.insert(hit.order.clone(), hit);
        while STREAM_HITS_MAX < self.waiting.len() {
            if let Some((order, hit)) = self.waiting.pop_first() {
                self.forced += 1;
                self.watermark = self.watermark.max(order.nanoseconds);
                self.correlator.push(hit, signals);
            }
        }
        if let Some(newest) = self.newest {
            self.advance(newest.saturating_sub(self.lateness_nanoseconds), signals);
        }
    }

    /// Nothing earlier than this will come any more: gives out what was waiting for that.
    pub fn advance(&mut self, watermark: i128, signals: &mut Vec<Signal>) {
        if watermark <= self.watermark {
            return;
        }
        self.watermark = watermark;
        while let Some(entry) = self.waiting.first_entry() {
            if watermark <= entry.key().nanoseconds {
                break;
            }
            self.correlator.push(entry.remove(), signals);
        }
        self.correlator.advance(watermark, signals);
    }

    /// Nothing more comes.
    pub fn finish(&mut self, signals: &mut Vec<Signal>) {
        for (_, hit) in std::mem::take(&mut self.waiting) {
            self.correlator.push(hit, signals);
        }
        self.correlator.finish(signals);
    }

    /// Hits that came later than allowed, and were left out.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Hits that a bound gave on before the lateness had passed.
    pub fn forced(&self) -> u64 {
        self.forced
    }

    /// What the stream knows.
    pub fn snapshot(&self) -> StreamSnapshot {
        StreamSnapshot::V1 {
            rules: self.correlator.rule_ids(),
            correlator: self.correlator.snapshot(),
            waiting: self.waiting.values().cloned().collect(),
            newest: self.newest,
            watermark: self.watermark,
            late: self.late,
            forced: self.forced,
        }
    }

    /// Takes up what another stream of the same rules knew.
    pub fn restore(&mut self, snapshot: StreamSnapshot) -> Result<(), RestoreError> {
        let StreamSnapshot::V1 { rules, correlator, waiting, newest, watermark, late, forced } =
            snapshot;
        self.correlator.restore(correlator)?;
        let now = self.correlator.rule_ids();
        let numbers: Vec<Option<usize>> =
            rules.iter().map(|id| now.iter().position(|own| own == id)).collect();
        let renumbered = waiting.into_iter().map(|mut hit| {
            hit.memberships.retain_mut(|membership| {
                let number = numbers.get(membership.rule).copied().flatten();
                membership.rule = number.unwrap_or_default();
                number.is_some()
            });
            (hit.order.clone(), hit)
        });
        self.waiting = renumbered.collect();
        (self.newest, self.watermark) = (newest, watermark);
        (self.late, self.forced) = (late, forced);
        Ok(())
    }
}
