//! The search for events that were nearly the next one.

use brokerwatch_ecs::Event;
use brokerwatch_expr::Scratch;

use super::super::{Explainer, Explanation, Nearest};
use super::{Miss, Order, Place, Replay, SequenceExplainer, Target};

/// A second reading of the same events, for those that nearly met the next bracket of an attempt, or the first bracket
/// of all where no attempt began.
pub struct Search<'a> {
    sequence: &'a SequenceExplainer,
    targets: Vec<Target>,
    /// How many are kept for each target.
    most: usize,
}

/// What a search found in some of the events, by target.
#[derive(Debug, Default)]
pub struct Near {
    found: Vec<Nearest<(usize, Order), (Place, Explanation)>>,
}

impl<'a> Search<'a> {
    /// A search for what the attempts of a replay lacked; of a replay without any, for the `most` events that came closest
    /// to opening one.
    pub fn new(sequence: &'a SequenceExplainer, replay: &Replay, most: usize) -> Search<'a> {
        let mut targets: Vec<Target> =
            replay.attempts.iter().filter_map(|attempt| attempt.target.clone()).collect();
        let opens = replay.attempts.is_empty() && replay.fired == 0;
        if opens {
            let bracket = sequence.steps[0];
            targets.push(Target { bracket, key: None, after: None, until: None, before: None });
        }
        Search { sequence, targets, most: if opens { most } else { 1 } }
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Looks at one event. `input` is the number of its input in the first reading.
    pub fn event(
        &self,
        event: &Event<'_>,
        input: u32,
        near: &mut Near,
        scratch: &mut Scratch,
        explain: impl Fn(&Explainer, &mut Scratch) -> (Place, Explanation),
    ) {
        let Some(order) = self.sequence.order(event, input) else { return };
        near.found.resize_with(self.targets.len(), || Nearest::new(self.most));
        for (target, nearest) in self.targets.iter().zip(&mut near.found) {
            let bracket = &self.sequence.brackets[target.bracket];
            if !target.is_in_time(&order) {
                continue;
            }
            let has_key = target
                .key
                .as_ref()
                .is_none_or(|own| bracket.keys(event).is_ok_and(|(keys, _)| keys.contains(own)));
            if !has_key {
                continue;
            }
            let (false, Some(missed)) = bracket.explainer.missed(event, scratch) else { continue };
            let rank = (missed, order.clone());
            if nearest.takes(&rank) {
                nearest.add(rank, explain(&bracket.explainer, scratch));
            }
        }
    }

    /// Adds what was found in other events.
    pub fn merge(&self, into: &mut Near, other: Near) {
        into.found.resize_with(self.targets.len(), || Nearest::new(self.most));
        for (into, other) in into.found.iter_mut().zip(other.found) {
            for (rank, item) in other.into_sorted() {
                into.add(rank, item);
            }
        }
    }

    /// Puts what was found into the attempts; gives the events that came closest to opening one.
    pub fn finish(self, near: Near, replay: &mut Replay) -> Vec<Miss> {
        let mut found = near.found.into_iter().map(|nearest| {
            let misses = nearest.into_sorted().into_iter();
            misses
                .map(|((missed, _), (event, explanation))| Miss::Condition {
                    event,
                    missed,
                    explanation: Box::new(explanation),
                })
                .collect::<Vec<_>>()
        });
        for attempt in replay.attempts.iter_mut().filter(|attempt| attempt.target.is_some()) {
            attempt.misses.extend(found.next().into_iter().flatten());
        }
        found.next().unwrap_or_default()
    }
}
