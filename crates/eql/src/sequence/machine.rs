//! The machine: events in, sequences out.
//!
//! Per key and positive stage there is at most one candidate, the latest that reached it. An event is taken from the last
//! stage down to the first, so that it never follows itself. A step uses the candidate up even if `maxspan` then refuses
//! it; that is how Elasticsearch does it, and what the results depend on.
//!
//! Nothing that `maxspan` has made impossible is kept. Every time that a key depends on (of a first event, or of a forbidden
//! event at the start) is at most the time at which the key was last touched, so whole keys are forgotten in the order of
//! touch. Candidates of a key that is touched again and again go when it is.

use std::collections::BTreeSet;

use brokerwatch_ecs::Timestamp;

use super::candidate::{Candidate, State};
use super::keyed::Keyed;
use super::moment::Moment;
use super::plan::Part;
use super::{Arrival, Found, Plan};
use crate::keys::{Key, KeyValue};
use crate::limits::{SEQUENCE_EVENTS_MAX, SEQUENCE_KEYS_MAX};

/// How much a machine keeps before it drops the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most keys; at least one is kept.
    pub keys: usize,
    /// Most events in open candidates.
    pub events: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { keys: SEQUENCE_KEYS_MAX, events: SEQUENCE_EVENTS_MAX }
    }
}

/// Finds the sequences of one query.
#[derive(Debug)]
pub struct Machine<H> {
    pub(super) plan: Plan,
    bounds: Bounds,
    pub(super) keyed: Keyed<State<H>>,
    /// Until when the first waiting candidate of a key waits, with the key's place.
    due: BTreeSet<(i64, usize)>,
    /// Results of queries that end with a missing event, not yet given out.
    pub(super) decided: Vec<Found<H>>,
    /// Arrivals so far: the ordinal of the next.
    pub(super) arrivals: u64,
    open: usize,
    /// Events in open candidates.
    held: usize,
    pub(super) dropped: u64,
}

/// Where an event stands among all.
#[derive(Debug, Clone, Copy)]
struct Position {
    moment: Moment,
    order: u64,
}

impl<H: Clone> Machine<H> {
    /// A machine that has seen nothing.
    pub fn new(plan: Plan) -> Machine<H> {
        Machine {
            plan,
            bounds: Bounds::default(),
            keyed: Keyed::new(),
            due: BTreeSet::new(),
            decided: Vec::new(),
            arrivals: 0,
            open: 0,
            held: 0,
            dropped: 0,
        }
    }

    /// The same with other bounds, which hold from the next push on.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Machine<H> {
        self.bounds = bounds;
        self
    }

    /// The next event in order: by time, then by whatever decides between events of one time.
    ///
    /// What it completes is added to `found`, in order. A query that ends with a missing event gives nothing here: see
    /// [`Machine::advance`] and [`Machine::finish`].
    pub fn push(&mut self, arrival: Arrival<H>, found: &mut Vec<Found<H>>) {
        let Arrival { time, event, mut roles } = arrival;
        let at = Position { moment: Moment::of(time), order: self.arrivals };
        self.arrivals += 1;
        self.forget(at.moment.millis);
        roles.sort_by_key(|role| std::cmp::Reverse(role.stage));
        let given = found.len();
        for role in &roles {
            if let Part::Positive { first, end } = self.plan.part(role.stage) {
                for stage in (first..end).rev() {
                    for key in &role.keys {
                        self.reach(stage, key, at, &event, found);
                    }
                }
            }
        }
        for role in &roles {
            for key in &role.keys {
                match self.plan.part(role.stage) {
                    Part::Positive { .. } => {}
                    Part::Leading => self.forbid_before(key, at.moment.millis),
                    Part::After(stage) => self.forbid_after(stage, key, at.moment.millis),
                    Part::Trailing => self.forbid_at_end(key, at.moment.millis),
                    Part::Until => self.end(key),
                }
            }
        }
        found[given..].sort_by(|a, b| a.key.cmp(&b.key));
        self.shrink();
    }

    /// No event earlier than `watermark` will come.
    ///
    /// Forgets what `maxspan` has made impossible. Of a query that ends with a missing event, gives out the results that no
    /// event can take back any more, in order among themselves.
    pub fn advance(&mut self, watermark: Timestamp, found: &mut Vec<Found<H>>) {
        self.forget(Moment::of(watermark).millis);
        self.give(found);
    }

    /// No event will come. Gives out, in order, what was only waiting for that, and forgets everything else.
    pub fn finish(&mut self, found: &mut Vec<Found<H>>) {
        while let Some(place) = self.keyed.oldest() {
            while let Some(candidate) = self.keyed.state_mut(place).waiting.pop_front() {
                self.release(1, candidate.events.len());
                self.accept(place, candidate);
            }
            self.remove(place);
        }
        self.give(found);
    }

    /// How many sequences have begun and are neither complete nor forgotten.
    pub fn open(&self) -> usize {
        self.open
    }

    /// How many events the open sequences hold.
    pub fn held(&self) -> usize {
        self.held
    }

    /// For how many keys something is kept.
    pub fn keys(&self) -> usize {
        self.keyed.len()
    }

    /// How many open sequences, and keys with forbidden events at the start, were dropped for [`Bounds`].
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The shape of the query.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes an event into a positive stage.
    fn reach(
        &mut self,
        stage: usize,
        key: &Key,
        at: Position,
        event: &H,
        found: &mut Vec<Found<H>>,
    ) {
        let place = if stage == 0 {
            self.begin(key, at, event)
        } else {
            match self.keyed.find(key) {
                Some(place) if self.step(place, stage, at, event) => place,
                _ => return,
            }
        };
        if stage == self.plan.last() {
            self.complete(place, found);
        }
        self.tidy(place);
    }

    /// A new candidate, in place of the one that has only begun.
    fn begin(&mut self, key: &Key, at: Position, event: &H) -> usize {
        let place = self.enter(key, at.moment.millis);
        self.expire(place, at.moment);
        let state = self.keyed.state_mut(place);
        let candidate = Candidate {
            stage: 0,
            first: at.moment,
            last: at.moment,
            order: at.order,
            leading_millis: state.leading.before(at.moment.millis),
            forbidden_millis: None,
            is_doomed: false,
            events: vec![event.clone()],
        };
        self.hold(1, 1);
        let state = self.keyed.state_mut(place);
        match state.pending.first_mut() {
            Some(first) if first.stage == 0 => {
                *first = candidate;
                self.release(1, 1);
            }
            _ => state.pending.insert(0, candidate),
        }
        place
    }

    /// Moves the candidate that waits for `stage` there; `false` if there is none, or none any more.
    fn step(&mut self, place: usize, stage: usize, at: Position, event: &H) -> bool {
        let span = self.plan.span_millis();
        let pending = &mut self.keyed.state_mut(place).pending;
        let Ok(i) = pending.binary_search_by_key(&(stage - 1), |candidate| candidate.stage) else {
            return false;
        };
        // Told of the same role twice, an event would follow itself.
        if pending[i].order == at.order {
            return false;
        }
        if at.moment.exceeds(pending[i].first, span) {
            let refused = pending.remove(i);
            self.release(1, refused.events.len());
            self.tidy(place);
            return false;
        }
        pending[i].extend(at.moment, at.order, event.clone());
        let replaced = pending.get(i + 1).is_some_and(|next| next.stage == stage);
        let replaced = replaced.then(|| pending.remove(i + 1));
        self.hold(0, 1);
        if let Some(replaced) = replaced {
            self.release(1, replaced.events.len());
        }
        true
    }

    /// Decides about the candidate that has reached the last stage, or lets it wait.
    fn complete(&mut self, place: usize, found: &mut Vec<Found<H>>) {
        let last = self.plan.last();
        let pending = &mut self.keyed.state_mut(place).pending;
        let Some(candidate) = pending.pop_if(|candidate| candidate.stage == last) else { return };
        if self.plan.waits() && !candidate.is_doomed && self.since_millis(&candidate).is_some() {
            self.keyed.state_mut(place).waiting.push_back(candidate);
            return self.set_due(place);
        }
        self.release(1, candidate.events.len());
        if candidate.is_doomed {
            return;
        }
        if self.plan.waits() {
            return self.accept(place, candidate);
        }
        let is_spoilt = candidate.leading_millis.is_some_and(|leading| {
            candidate.last.millis.saturating_sub(leading) <= self.plan.span_millis()
        });
        if !is_spoilt {
            found.push(self.result(place, candidate));
        }
    }

    /// From when on a forbidden event at the end is counted, within `maxspan`; `None` if it does not matter at all.
    ///
    /// A query that both begins and ends with missing events has a result unless forbidden events come on *both* sides, not
    /// more than `maxspan` apart. That is what Elasticsearch does.
    fn since_millis(&self, candidate: &Candidate<H>) -> Option<i64> {
        if self.plan.looks_back() { candidate.leading_millis } else { Some(candidate.first.millis) }
    }

    /// A forbidden event before the first positive stage.
    fn forbid_before(&mut self, key: &Key, millis: i64) {
        let place = self.enter(key, millis);
        self.keyed.state_mut(place).leading.record(millis);
    }

    /// A forbidden event between `stage` and the next.
    fn forbid_after(&mut self, stage: usize, key: &Key, millis: i64) {
        let Some(place) = self.keyed.find(key) else { return };
        let state = self.keyed.state_mut(place);
        if let Some(i) = state.place(stage) {
            state.pending[i].forbid(millis);
        }
    }

    /// A forbidden event after the last positive stage: decides all that were complete before it.
    fn forbid_at_end(&mut self, key: &Key, millis: i64) {
        let Some(place) = self.keyed.find(key) else { return };
        let is_before = |candidate: &mut Candidate<H>| candidate.last.millis < millis;
        while let Some(candidate) = self.keyed.state_mut(place).waiting.pop_front_if(is_before) {
            self.release(1, candidate.events.len());
            let is_spoilt = self
                .since_millis(&candidate)
                .is_some_and(|since| millis.saturating_sub(since) <= self.plan.span_millis());
            if !is_spoilt {
                self.accept(place, candidate);
            }
        }
        self.set_due(place);
        self.tidy(place);
    }

    /// Drops all that is pending for a key.
    fn end(&mut self, key: &[KeyValue]) {
        let Some(place) = self.keyed.find(key) else { return };
        for candidate in std::mem::take(&mut self.keyed.state_mut(place).pending) {
            self.release(1, candidate.events.len());
        }
        self.tidy(place);
    }

    /// The place of a key, which is touched; if it is new and there are too many, the oldest goes.
    fn enter(&mut self, key: &Key, millis: i64) -> usize {
        if let Some(place) = self.keyed.find(key) {
            self.keyed.touch(place, millis);
            return place;
        }
        while self.bounds.keys.max(1) <= self.keyed.len() {
            let Some(oldest) = self.keyed.oldest() else { break };
            self.drop_key(oldest);
        }
        self.keyed.insert(key.clone(), millis)
    }

    /// Forgets what nothing at or after `now_millis` can complete, and decides what nothing can take back.
    fn forget(&mut self, now_millis: i64) {
        let Some(span) = self.plan.maxspan_millis() else { return };
        while let Some(&(due, place)) = self.due.first()
            && due < now_millis
        {
            if let Some(candidate) = self.keyed.state_mut(place).waiting.pop_front() {
                self.release(1, candidate.events.len());
                self.accept(place, candidate);
            }
            self.set_due(place);
            self.tidy(place);
        }
        while let Some(oldest) = self.keyed.oldest()
            && span < now_millis.saturating_sub(self.keyed.touched_millis(oldest))
        {
            self.remove(oldest);
        }
    }

    /// Forgets the candidates of a key that began too long ago; they are the ones that got furthest.
    fn expire(&mut self, place: usize, now: Moment) {
        let span = self.plan.span_millis();
        let is_late = |candidate: &mut Candidate<H>| now.exceeds(candidate.first, span);
        while let Some(late) = self.keyed.state_mut(place).pending.pop_if(is_late) {
            self.release(1, late.events.len());
        }
    }

    /// Drops the oldest candidates until no more events are held than may be.
    fn shrink(&mut self) {
        while self.bounds.events < self.held {
            let Some(place) = self.keyed.oldest() else { return };
            let state = self.keyed.state_mut(place);
            match state.waiting.pop_front().or_else(|| state.pending.pop()) {
                Some(candidate) => {
                    self.release(1, candidate.events.len());
                    self.dropped += 1;
                    self.set_due(place);
                    self.tidy(place);
                }
                None => self.drop_key(place),
            }
        }
    }

    fn drop_key(&mut self, place: usize) {
        let state = self.keyed.state(place);
        self.dropped += state.candidates().count() as u64 + u64::from(state.leading.is_some());
        self.remove(place);
    }

    /// Forgets a key for which nothing is kept.
    fn tidy(&mut self, place: usize) {
        if self.keyed.state(place).is_empty() {
            self.remove(place);
        }
    }

    fn remove(&mut self, place: usize) {
        let state = self.keyed.remove(place);
        for candidate in state.candidates() {
            self.release(1, candidate.events.len());
        }
        if let Some(due) = state.due_millis {
            self.due.remove(&(due, place));
        }
    }

    /// Sets until when the first waiting candidate of a key waits.
    fn set_due(&mut self, place: usize) {
        let first = self.keyed.state(place).waiting.front();
        let since = first.and_then(|candidate| self.since_millis(candidate));
        let due = since.map(|since| since.saturating_add(self.plan.span_millis()));
        let before = std::mem::replace(&mut self.keyed.state_mut(place).due_millis, due);
        if before == due {
            return;
        }
        if let Some(before) = before {
            self.due.remove(&(before, place));
        }
        if let Some(due) = due {
            self.due.insert((due, place));
        }
    }

    /// Takes up the state of a key from a snapshot.
    pub(super) fn put(&mut self, key: Key, touched_millis: i64, state: State<H>) {
        let place = self.keyed.insert(key, touched_millis);
        for candidate in state.candidates() {
            self.hold(1, candidate.events.len());
        }
        *self.keyed.state_mut(place) = state;
        self.set_due(place);
    }

    fn give(&mut self, found: &mut Vec<Found<H>>) {
        self.decided.sort_by(|a, b| (a.order, &a.key).cmp(&(b.order, &b.key)));
        found.append(&mut self.decided);
    }

    fn accept(&mut self, place: usize, candidate: Candidate<H>) {
        let result = self.result(place, candidate);
        self.decided.push(result);
    }

    fn result(&self, place: usize, candidate: Candidate<H>) -> Found<H> {
        let key = self.keyed.key(place).clone();
        Found { key, events: self.plan.spread(candidate.events), order: candidate.order }
    }

    fn hold(&mut self, candidates: usize, events: usize) {
        self.open += candidates;
        self.held += events;
    }

    fn release(&mut self, candidates: usize, events: usize) {
        self.open -= candidates;
        self.held -= events;
    }
}
