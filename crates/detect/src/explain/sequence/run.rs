//! The machine, event by event, keeping what came furthest.

use std::collections::BTreeMap;

use super::{Attempt, Ending, Key, Seen, SequenceExplainer};

/// The furthest that a key came.
pub(super) struct Furthest {
    /// The events, by their place in the order.
    pub(super) chain: Vec<usize>,
    pub(super) ending: Ending,
    /// The event that ended it.
    pub(super) ended_by: Option<usize>,
    pub(super) replaced: u64,
    pub(super) last_replaced: Option<(usize, usize)>,
    /// How often the key fired.
    pub(super) fired: u64,
}

/// One way through all events.
pub(super) struct Run<'a> {
    pub(super) sequence: &'a SequenceExplainer,
    pub(super) seen: &'a [Seen],
    pub(super) forbidden: BTreeMap<(usize, Key), Vec<usize>>,
    /// By key and by how many events it has, the latest candidate.
    pub(super) pending: BTreeMap<Key, BTreeMap<usize, Vec<usize>>>,
    pub(super) furthest: BTreeMap<Key, Furthest>,
    pub(super) complete: Vec<Attempt>,
    pub(super) fired: u64,
    pub(super) most: usize,
}

impl Run<'_> {
    pub(super) fn all(&mut self) {
        for number in 0..self.seen.len() {
            self.event(number);
        }
        for (key, candidates) in std::mem::take(&mut self.pending) {
            for chain in candidates.into_values() {
                self.end(&key, chain, Ending::NoNext, None);
            }
        }
    }

    /// From the last step to the first, so that an event never follows itself.
    fn event(&mut self, number: usize) {
        let seen = &self.seen[number];
        for step in (0..self.sequence.steps.len()).rev() {
            let Some(entry) = seen.entry(self.sequence.steps[step]) else { continue };
            for key in &entry.keys {
                self.step(number, step, key);
            }
        }
        let until = seen.entry(self.sequence.brackets.len());
        for key in until.into_iter().flat_map(|entry| &entry.keys) {
            for chain in self.pending.remove(key).unwrap_or_default().into_values() {
                self.end(key, chain, Ending::Until(seen.place.clone()), Some(number));
            }
        }
    }

    fn step(&mut self, number: usize, step: usize, key: &Key) {
        let seen = &self.seen[number];
        let mut chain = match step {
            0 => Vec::new(),
            _ => match self.pending.get_mut(key).and_then(|candidates| candidates.remove(&step)) {
                Some(chain) => chain,
                None => return,
            },
        };
        if let (Some(&first), Some(most)) = (chain.first(), self.sequence.maxspan_ms) {
            let elapsed =
                seen.order.time.as_nanosecond() - self.seen[first].order.time.as_nanosecond();
            if i128::from(most) * 1_000_000 < elapsed {
                let elapsed_ms = (elapsed / 1_000_000) as i64;
                let ending = Ending::TooLate { event: seen.place.clone(), elapsed_ms };
                self.end(key, chain, ending, Some(number));
                return;
            }
        }
        chain.push(number);
        if chain.len() == self.sequence.steps.len() {
            let ending = self.checked(&chain, key);
            self.end(key, chain, ending, None);
            return;
        }
        let candidates = self.pending.entry(key.clone()).or_default();
        if let Some(older) = candidates.insert(chain.len(), chain) {
            self.end(key, older, Ending::Replaced(seen.place.clone()), Some(number));
        }
    }

    /// Whether a complete sequence passes the checks of events that must be missing.
    fn checked(&self, chain: &[usize], key: &Key) -> Ending {
        let sequence = self.sequence;
        let time = |number: usize| self.seen[number].order.time.as_millisecond();
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let (mut leading, mut trailing): (Option<(usize, usize)>, Option<(usize, usize)>) =
            (None, None);
        let (mut begins, mut ends) = (false, false);
        for (bracket, _) in sequence.brackets.iter().enumerate().filter(|(_, b)| b.missing) {
            let before = sequence.steps.iter().rposition(|step| *step < bracket);
            let after = sequence.steps.iter().position(|step| bracket < *step);
            let found = self.forbidden.get(&(bracket, key.clone())).map_or(&[][..], Vec::as_slice);
            match (before, after) {
                (Some(before), Some(after)) => {
                    let (from, to) = (time(chain[before]), time(chain[after]));
                    let at = found.partition_point(|number| time(*number) <= from);
                    if let Some(&number) = found.get(at).filter(|number| time(**number) < to) {
                        return Ending::Missing { event: self.seen[number].place.clone(), bracket };
                    }
                }
                (None, _) => {
                    begins = true;
                    let at = found.partition_point(|number| time(*number) < time(first));
                    let latest = found[..at].last().map(|number| (*number, bracket));
                    leading = leading.max(latest);
                }
                (Some(_), None) => {
                    ends = true;
                    let at = found.partition_point(|number| time(*number) <= time(last));
                    let earliest = found.get(at).map(|number| (*number, bracket));
                    trailing = [trailing, earliest].into_iter().flatten().min();
                }
            }
        }
        let most =
            sequence.maxspan_ms.map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX));
        let spans = match (begins, ends) {
            (true, true) => leading.zip(trailing).map(|((l, _), t)| (time(t.0) - time(l), t)),
            (true, false) => leading.map(|l| (time(last) - time(l.0), l)),
            (false, true) => trailing.map(|t| (time(t.0) - time(first), t)),
            (false, false) => None,
        };
        match spans {
            Some((span, (number, bracket))) if span <= most => {
                Ending::Missing { event: self.seen[number].place.clone(), bracket }
            }
            _ => Ending::Complete,
        }
    }

    fn end(&mut self, key: &Key, chain: Vec<usize>, ending: Ending, ended_by: Option<usize>) {
        let fresh = || Furthest {
            chain: Vec::new(),
            ending: Ending::NoNext,
            ended_by: None,
            replaced: 0,
            last_replaced: None,
            fired: 0,
        };
        let fires = ending == Ending::Complete;
        let furthest = self.furthest.entry(key.clone()).or_insert_with(fresh);
        furthest.fired += u64::from(fires);
        if furthest.chain.len() < chain.len() {
            *furthest = Furthest { fired: furthest.fired, ..fresh() };
        }
        if furthest.chain.len() <= chain.len() {
            if let (Ending::Replaced(_), Some(by)) = (&ending, ended_by) {
                furthest.replaced += 1;
                furthest.last_replaced = Some((chain[0], by));
            }
            furthest.chain = chain;
            furthest.ending = ending;
            furthest.ended_by = ended_by;
        }
        if !fires {
            return;
        }
        self.fired += 1;
        if self.complete.len() < self.most {
            let furthest = &self.furthest[key];
            self.complete.push(self.sequence.attempt(key, furthest, self.seen));
        }
    }
}
