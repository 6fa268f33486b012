//! Sequences evaluated from their definition: for each event and stage, look back over all events for what it would join.
//! Nothing is remembered from event to event.

use std::collections::BTreeSet;

use brokerwatch_eql::keys::Key;
use brokerwatch_eql::lower::Sequence;
use brokerwatch_eql::sequence::{Arrival, Found};

/// A result, and when it is certain.
pub(crate) struct Decided {
    pub(crate) found: Found<usize>,
    /// The last millisecond in which a forbidden event could take it back; `None` if none could.
    pub(crate) open_millis: Option<i64>,
}

pub(crate) fn found(sequence: &Sequence, events: &[Arrival<usize>]) -> Vec<Found<usize>> {
    decided(sequence, events).into_iter().map(|decided| decided.found).collect()
}

pub(crate) fn decided(sequence: &Sequence, events: &[Arrival<usize>]) -> Vec<Decided> {
    let roles = events.iter().flat_map(|event| &event.roles);
    let keys: BTreeSet<&Key> = roles.flat_map(|role| &role.keys).collect();
    let mut decided: Vec<Decided> =
        keys.into_iter().flat_map(|key| OneKey { sequence, events, key }.decided()).collect();
    decided.sort_by_key(|decided| decided.found.order);
    decided
}

struct OneKey<'a> {
    sequence: &'a Sequence,
    events: &'a [Arrival<usize>],
    key: &'a Key,
}

impl OneKey<'_> {
    fn decided(&self) -> Vec<Decided> {
        let mut positives = Vec::new();
        for (bracket, stage) in self.sequence.stages.iter().enumerate() {
            let runs = if stage.missing { 0 } else { stage.runs };
            positives.extend((0..runs).map(|_| bracket));
        }
        // Per event, the sequence that it is the last of, for one stage after the other.
        let mut reached: Vec<Option<Vec<usize>>> =
            (0..self.events.len()).map(|n| self.meets(n, positives[0]).then(|| vec![n])).collect();
        for bracket in &positives[1..] {
            let next = (0..self.events.len()).map(|n| self.next(&reached, *bracket, n)).collect();
            reached = next;
        }
        let complete = reached.into_iter().flatten();
        complete.filter_map(|chosen| self.decide(&positives, &chosen)).collect()
    }

    /// The sequence that event `n` completes for a stage, if `before` is what each event was the last of a stage earlier.
    fn next(&self, before: &[Option<Vec<usize>>], bracket: usize, n: usize) -> Option<Vec<usize>> {
        if !self.meets(n, bracket) {
            return None;
        }
        let latest = (0..n).rev().find(|m| before[*m].is_some())?;
        let is_used_up = (latest + 1..n).any(|between| self.meets(between, bracket));
        let until = self.sequence.stages.len();
        let is_ended = (latest..n).any(|since| self.meets(since, until));
        if is_used_up || is_ended {
            return None;
        }
        let mut chosen = before[latest].clone()?;
        let nanos = |n: usize| self.events[n].time.as_nanosecond();
        let span = nanos(n) - nanos(chosen[0]);
        if self.sequence.maxspan_ms.is_some_and(|most| i128::from(most) * 1_000_000 < span) {
            return None;
        }
        chosen.push(n);
        Some(chosen)
    }

    /// Looks for events that had to be missing.
    fn decide(&self, positives: &[usize], chosen: &[usize]) -> Option<Decided> {
        let (first, last) = (chosen[0], chosen[chosen.len() - 1]);
        let (mut leading, mut trailing) = (Vec::new(), Vec::new());
        let (mut begins, mut ends) = (false, false);
        let mut entries = Vec::new();
        for (bracket, stage) in self.sequence.stages.iter().enumerate() {
            let of_bracket = |i: &usize| positives[*i] == bracket;
            if !stage.missing {
                let places = (0..positives.len()).filter(of_bracket);
                entries.extend(places.map(|i| Some(self.events[chosen[i]].event)));
                continue;
            }
            entries.extend((0..stage.runs).map(|_| None));
            let came = (0..self.events.len()).filter(|n| self.meets(*n, bracket));
            let came: Vec<i64> = came.map(|n| self.millis(n)).collect();
            let before = positives.iter().filter(|positive| **positive < bracket).count();
            if before == 0 {
                begins = true;
                leading.extend(came.iter().filter(|time| **time < self.millis(first)));
            } else if before == positives.len() {
                ends = true;
                trailing.extend(came.iter().filter(|time| self.millis(last) < **time));
            } else {
                let (from, to) = (self.millis(chosen[before - 1]), self.millis(chosen[before]));
                if came.iter().any(|time| from < *time && *time < to) {
                    return None;
                }
            }
        }
        let maxspan = self.sequence.maxspan_ms.map_or(i64::MAX, |ms| ms as i64);
        let (l, t) = (leading.iter().max(), trailing.iter().min());
        let dropped = match (begins, ends) {
            (true, true) => l.is_some_and(|l| t.is_some_and(|t| t - l <= maxspan)),
            (true, false) => l.is_some_and(|l| self.millis(last) - l <= maxspan),
            (false, true) => t.is_some_and(|t| t - self.millis(first) <= maxspan),
            (false, false) => false,
        };
        let open_millis = match (begins, ends) {
            (true, true) => l.map(|l| l + maxspan),
            (false, true) => Some(self.millis(first) + maxspan),
            (_, false) => None,
        };
        let found = Found { key: self.key.clone(), events: entries, order: last as u64 };
        (!dropped).then_some(Decided { found, open_millis })
    }

    fn meets(&self, n: usize, bracket: usize) -> bool {
        let roles = &self.events[n].roles;
        roles.iter().any(|role| role.stage == bracket && role.keys.contains(self.key))
    }

    fn millis(&self, n: usize) -> i64 {
        self.events[n].time.as_nanosecond().div_euclid(1_000_000) as i64
    }
}
