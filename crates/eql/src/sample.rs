//! Samples: events in any order, one for each filter, joined by their keys.
//!
//! For each key the choices of different events are gone through depth first: filters in the order of the query, events in the
//! order of the index. A choice that leaves a later filter without an event is never entered, so the search cannot lose
//! itself among choices that come to nothing.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::keys::Key;
use crate::limits::{SAMPLE_EVENTS_MAX, SAMPLE_KEYS_MAX, SAMPLE_STEPS_PER_KEY_MAX};

/// Collects events, and then gives the samples.
#[derive(Debug)]
pub struct Sample<H> {
    filters: usize,
    max_per_key: usize,
    bounds: Bounds,
    /// Per key, the events that meet each filter.
    keys: HashMap<Key, Vec<Vec<Member<H>>>>,
    held: usize,
    dropped: u64,
    cut: u64,
}

/// How much a sample keeps, and how long it looks for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most keys.
    pub keys: usize,
    /// Most events, counted once for each filter and key.
    pub events: usize,
    /// Most candidates that are looked at for one key.
    pub steps_per_key: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            keys: SAMPLE_KEYS_MAX,
            events: SAMPLE_EVENTS_MAX,
            steps_per_key: SAMPLE_STEPS_PER_KEY_MAX,
        }
    }
}

#[derive(Debug, Clone)]
struct Member<H> {
    id: u64,
    event: H,
}

/// A sample that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFound<H> {
    /// The values that its events share.
    pub key: Key,
    /// One per filter.
    pub events: Vec<H>,
}

impl<H: Clone> Sample<H> {
    /// A sample of this many filters, which gives at most `max_per_key` results for each key.
    pub fn new(filters: usize, max_per_key: usize) -> Sample<H> {
        Sample {
            filters,
            max_per_key,
            bounds: Bounds::default(),
            keys: HashMap::new(),
            held: 0,
            dropped: 0,
            cut: 0,
        }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Sample<H> {
        self.bounds = bounds;
        self
    }

    /// The next event in index order that meets a filter, with the keys with which it takes part.
    ///
    /// An event that meets several filters comes once for each, with the same `id` and with no other event in between.
    pub fn push(&mut self, filter: usize, keys: Vec<Key>, id: u64, event: H) {
        for key in keys {
            self.take(filter, key, Member { id, event: event.clone() });
        }
    }

    /// The samples, ordered by key. Forgets all events.
    pub fn finish(&mut self) -> Vec<SampleFound<H>> {
        let mut keys: Vec<(Key, Vec<Vec<Member<H>>>)> = self.keys.drain().collect();
        keys.retain(|(_, members)| members.iter().all(|members| !members.is_empty()));
        keys.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.held = 0;
        let mut found = Vec::new();
        for (key, members) in keys {
            let mut search = Search::new(&members, self.bounds.steps_per_key);
            for choice in search.choices(self.max_per_key) {
                let chosen =
                    members.iter().zip(choice).map(|(members, i)| members[i].event.clone());
                found.push(SampleFound { key: key.clone(), events: chosen.collect() });
            }
            self.cut += u64::from(search.is_exhausted());
        }
        found
    }

    /// How many events were not taken for [`Bounds`], counted once for each filter and key.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// For how many keys the search was cut short.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// How many events are kept, counted once for each filter and key.
    pub fn held(&self) -> usize {
        self.held
    }

    fn take(&mut self, filter: usize, key: Key, member: Member<H>) {
        let is_new = !self.keys.contains_key(&key);
        if self.bounds.events <= self.held || (is_new && self.bounds.keys <= self.keys.len()) {
            self.dropped += 1;
            return;
        }
        let enough = enough(self.filters, self.max_per_key);
        let members = self.keys.entry(key).or_insert_with(|| vec![Vec::new(); self.filters]);
        let members = &mut members[filter];
        let is_known = members.last().is_some_and(|last| last.id == member.id);
        if !is_known && members.len() < enough {
            members.push(member);
            self.held += 1;
        }
    }
}

/// How many events of one filter and key can matter.
///
/// Let one of the first `max_per_key` choices take the event at `rank` (from 0) of its filter. The other filters take at
/// most `filters - 1` of the events before it. Each of the at least `rank - (filters - 1)` others gives, put in its place,
/// an earlier choice; so these are fewer than `max_per_key`, and `rank < filters - 1 + max_per_key`.
fn enough(filters: usize, max_per_key: usize) -> usize {
    filters.saturating_sub(1).saturating_add(max_per_key)
}

/// The search for one key: filters on one side, events on the other, and a matching of all filters to different events.
///
/// Filters before the one that is being decided are fixed. The matching shows at each moment that what is fixed can be
/// completed; where an event is chosen that another filter holds, that one has to find another, or the choice is refused.
struct Search {
    /// Per filter, the numbers of its events.
    candidates: Vec<Vec<usize>>,
    /// The event of each filter.
    holds: Vec<Option<usize>>,
    /// The filter of each event.
    held_by: Vec<Option<usize>>,
    /// In which round an event was last reached by [`Search::place`], so that nothing has to be cleared.
    reached: Vec<u64>,
    /// From which filter it was reached then.
    reached_from: Vec<usize>,
    round: u64,
    steps_left: u64,
}

impl Search {
    fn new<H>(members: &[Vec<Member<H>>], steps_max: u64) -> Search {
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut number = |id: u64| {
            let next = numbers.len();
            *numbers.entry(id).or_insert(next)
        };
        let candidates: Vec<Vec<usize>> = members
            .iter()
            .map(|members| members.iter().map(|member| number(member.id)).collect())
            .collect();
        let events = numbers.len();
        Search {
            holds: vec![None; candidates.len()],
            held_by: vec![None; events],
            reached: vec![0; events],
            reached_from: vec![0; events],
            round: 0,
            steps_left: steps_max,
            candidates,
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps_left == 0
    }

    /// The first choices: per filter, the rank of its event.
    fn choices(&mut self, max: usize) -> Vec<Vec<usize>> {
        let mut choices = Vec::new();
        let filters = self.candidates.len();
        if filters == 0 || max == 0 || !(0..filters).all(|filter| self.place(filter, 0)) {
            return choices;
        }
        // The ranks chosen for the filters that are fixed, and where to go on for the next.
        let mut fixed: Vec<usize> = Vec::with_capacity(filters);
        let mut from = 0;
        loop {
            match self.choose(fixed.len(), from) {
                Some(rank) => {
                    fixed.push(rank);
                    from = 0;
                    if fixed.len() < filters {
                        continue;
                    }
                    choices.push(fixed.clone());
                    if choices.len() == max {
                        return choices;
                    }
                }
                None if self.is_exhausted() => return choices,
                None => {}
            }
            match fixed.pop() {
                Some(rank) => from = rank + 1,
                None => return choices,
            }
        }
    }

    /// The first rank from `from` on that `filter` can take; filters before it are fixed.
    fn choose(&mut self, filter: usize, from: usize) -> Option<usize> {
        (from..self.candidates[filter].len()).find(|&rank| self.can_take(filter, rank))
    }

    fn can_take(&mut self, filter: usize, rank: usize) -> bool {
        if !self.step() {
            return false;
        }
        let event = self.candidates[filter][rank];
        let other = match self.held_by[event] {
            Some(other) if other < filter => return false,
            Some(other) if other == filter => return true,
            other => other,
        };
        let given_up = self.holds[filter].replace(event);
        if let Some(given_up) = given_up {
            self.held_by[given_up] = None;
        }
        self.held_by[event] = Some(filter);
        let Some(other) = other else { return true };
        self.holds[other] = None;
        if self.place(other, filter + 1) {
            return true;
        }
        self.holds[other] = Some(event);
        self.held_by[event] = Some(other);
        self.holds[filter] = given_up;
        if let Some(given_up) = given_up {
            self.held_by[given_up] = Some(filter);
        }
        false
    }

    /// Finds an event for a filter that holds none, moving filters from `movable` on to others of their events where needed:
    /// the shortest augmenting path of a bipartite matching. `false`, and nothing has changed, if there is none.
    fn place(&mut self, filter: usize, movable: usize) -> bool {
        self.round += 1;
        let mut queue = VecDeque::from([filter]);
        while let Some(from) = queue.pop_front() {
            for i in 0..self.candidates[from].len() {
                if !self.step() {
                    return false;
                }
                let event = self.candidates[from][i];
                let holder = self.held_by[event];
                let is_fixed = holder.is_some_and(|holder| holder < movable);
                if is_fixed || self.reached[event] == self.round {
                    continue;
                }
                self.reached[event] = self.round;
                self.reached_from[event] = from;
                match holder {
                    Some(holder) => queue.push_back(holder),
                    None => {
                        self.augment(event);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Gives a free event to the filter that reached it, the event of that one to the filter that reached it, and so on.
    fn augment(&mut self, free: usize) {
        let mut event = free;
        loop {
            let filter = self.reached_from[event];
            self.held_by[event] = Some(filter);
            match self.holds[filter].replace(event) {
                Some(given_up) => event = given_up,
                None => return,
            }
        }
    }

    fn step(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        0 < self.steps_left
    }
}
