//! What has to be seen in the order of time: sequences, thresholds, new terms, suppression, and the bound on a rule's
//! alerts.
//!
//! Events come here as [`Hit`]s, owned and few, sorted by [`Order`] by whoever collected them. The same hits give the same
//! signals.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use brokerwatch_ecs::{Event, Slot, Timestamp, Value};
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::sequence::{self, Arrival, Found, Machine, Role};
use brokerwatch_rules::{MissingFields, Rule};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::limits::GROUPS_MAX;
use crate::new_terms::{Terms, TermsSnapshot};
use crate::threshold::{Counter, CounterSnapshot, Enough, Tally};
use crate::{Program, RuleSet};

/// Where an event stands among all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Order {
    /// Nanoseconds since 1970.
    pub nanoseconds: i128,
    /// What decides between events of one time.
    pub tiebreaker: Tiebreaker,
    /// How many came before it.
    pub arrival: u64,
}

/// A missing tiebreaker sorts after any present one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Tiebreaker {
    /// A value.
    Value(KeyValue),
    /// None.
    Missing,
}

impl Tiebreaker {
    /// Of the values of the tiebreaker field.
    pub fn of(values: &[Value<'_>]) -> Tiebreaker {
        values.first().map_or(Tiebreaker::Missing, |value| Tiebreaker::Value(KeyValue::of(value)))
    }
}

impl Ord for Tiebreaker {
    fn cmp(&self, other: &Tiebreaker) -> Ordering {
        match (self, other) {
            (Tiebreaker::Value(a), Tiebreaker::Value(b)) => a.cmp(b),
            (Tiebreaker::Value(_), Tiebreaker::Missing) => Ordering::Less,
            (Tiebreaker::Missing, Tiebreaker::Value(_)) => Ordering::Greater,
            (Tiebreaker::Missing, Tiebreaker::Missing) => Ordering::Equal,
        }
    }
}

impl PartialOrd for Tiebreaker {
    fn partial_cmp(&self, other: &Tiebreaker) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tiebreaker {
    fn eq(&self, other: &Tiebreaker) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Tiebreaker {}

/// An event that is something to rules which look at more than one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Where it stands.
    pub order: Order,
    /// What it is to which rule.
    pub memberships: Vec<Membership>,
    /// Of its record, so that the id of an alert depends on nothing else.
    pub digest: Uuid,
    /// The path of its input.
    pub path: String,
    /// The line of its record, 0 if there are no lines.
    pub line: u64,
    /// The first byte of its record.
    pub offset_bytes: u64,
    /// The document's own id, if it has one.
    pub id: Option<String>,
    /// The index that it came from, if it says so.
    pub index: Option<String>,
    /// Its record if that is JSON, else its document.
    pub document: Box<[u8]>,
}

/// What an event is to one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The number of the rule.
    pub rule: usize,
    /// The brackets that it meets; none of an event rule.
    pub roles: Vec<Role>,
    /// The values of the fields by which alerts are grouped; null if one is missing.
    pub group: Vec<KeyValue>,
    /// The groups of a threshold rule that it is in, or its terms for a new terms rule.
    pub keys: Vec<Key>,
    /// Its values of each field whose different values a threshold rule counts.
    pub counted: Vec<Vec<KeyValue>>,
}

impl Membership {
    /// What an event is to a rule whose conditions with these numbers it meets; `None` if its alert does not depend on
    /// other events, or if it lacks a key.
    pub fn of(
        set: &RuleSet<'_>,
        rule: usize,
        brackets: &[usize],
        event: &Event<'_>,
    ) -> Option<Membership> {
        let values = |slots: &[Slot]| -> Vec<KeyValue> {
            slots
                .iter()
                .map(|slot| event.values(*slot).first().map_or(KeyValue::Null, KeyValue::of))
                .collect()
        };
        let mut own = Membership {
            rule,
            roles: Vec::new(),
            group: Vec::new(),
            keys: Vec::new(),
            counted: Vec::new(),
        };
        let takes_part = match &set.programs[rule] {
            Program::Event { grouped, .. } => {
                own.group = values(grouped.as_ref()?);
                true
            }
            Program::Sequence { steps, grouped, .. } => {
                own.roles = steps.roles(brackets.iter().copied(), event);
                own.group = values(grouped);
                !own.roles.is_empty()
            }
            Program::Threshold { threshold, .. } => {
                own.keys = threshold.groups(event);
                own.counted = threshold.values(event);
                !own.keys.is_empty()
            }
            Program::NewTerms { terms, .. } => {
                own.keys = terms.terms(event);
                own.group = values(&terms.grouped);
                !own.keys.is_empty()
            }
        };
        takes_part.then_some(own)
    }

    /// Whether an alert of the rule may show the document of the event.
    pub fn shows_document(&self, set: &RuleSet<'_>) -> bool {
        !matches!(set.programs[self.rule], Program::Threshold { .. })
    }
}

/// A hit as a member of one rule's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The hit.
    pub hit: Rc<Hit>,
    /// Its values of the fields by which the rule's alerts are grouped.
    group: Rc<[KeyValue]>,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The number of the rule.
    pub rule: usize,
    /// The events, in the order of the query; `None` for one that had to be missing. One for an event rule.
    pub events: Vec<Option<Member>>,
    /// The values of the join keys of a sequence, of the fields of a threshold's group, or of the fields of a new term.
    pub key: Key,
    /// What else there is to tell.
    pub finding: Finding,
    /// How many further signals it stands for.
    pub suppressed: u64,
}

/// What a rule found beside its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The events are all.
    Events,
    /// A group with enough events; the one event is the last of them.
    Threshold(Tally),
    /// A term that is new.
    NewTerm {
        /// When the first event of the rule was, in nanoseconds since 1970.
        since: i128,
    },
}

impl Signal {
    /// The time of its last event, or of the run that found it.
    fn last(&self) -> i128 {
        if let Finding::Threshold(Tally { window: Some((_, now)), .. }) = self.finding {
            return now;
        }
        self.events
            .iter()
            .flatten()
            .map(|member| member.hit.order.nanoseconds)
            .max()
            .unwrap_or_default()
    }
}

/// Puts hits together.
pub struct Correlator<'s, 'r> {
    set: &'s RuleSet<'r>,
    /// By rule.
    states: Vec<State>,
    found: Vec<Found<Member>>,
    /// Signals past a rule's `max_signals`.
    cut: u64,
    /// Whether rules look at everything at once.
    once: bool,
}

#[derive(Default)]
struct State {
    machine: Option<Machine<Member>>,
    counter: Counter,
    terms: Terms,
    /// Results of a sequence that ends with a missing event. They are decided in another order than that of their last
    /// events, and wait for it.
    decided: BTreeMap<(u64, Key), Signal>,
    /// The groups whose window is open, each with the signal that stands for those that follow.
    groups: HashMap<Vec<KeyValue>, Signal>,
    /// When they end, the first first.
    ends: BTreeSet<(i128, Vec<KeyValue>)>,
    /// When the current run of the rule ends, and its signals.
    run: Option<(i128, u64)>,
}

const SECOND: i128 = 1_000_000_000;
const MILLISECOND: i128 = 1_000_000;

/// What a correlator knows, to be written down and read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snapshot {
    /// The first version.
    V1 {
        /// By rule.
        rules: Vec<RuleSnapshot>,
        /// Signals past a rule's `max_signals`.
        cut: u64,
    },
}

/// What is known of one rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleSnapshot {
    /// The `rule_id`, so that the rules may come in another order next time.
    id: String,
    machine: Option<sequence::Snapshot<Member>>,
    counter: CounterSnapshot,
    terms: TermsSnapshot,
    decided: Vec<((u64, Key), Signal)>,
    groups: Vec<(i128, Vec<KeyValue>, Signal)>,
    run: Option<(i128, u64)>,
}

/// Why a snapshot cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// A rule has changed, or was not there.
    #[error("the snapshot is not of rule `{0}` as it is now; start without it")]
    Rule(String),
    /// A sequence cannot be taken up.
    #[error("rule `{0}`: {1}")]
    Sequence(String, sequence::RestoreError),
}

impl<'s, 'r> Correlator<'s, 'r> {
    /// A correlator that has seen nothing.
    pub fn new(set: &'s RuleSet<'r>) -> Correlator<'s, 'r> {
        let state = |program: &Program| match program {
            Program::Event { .. } | Program::Threshold { .. } | Program::NewTerms { .. } => {
                State::default()
            }
            Program::Sequence { plan, .. } => {
                State { machine: Some(Machine::new(plan.clone())), ..State::default() }
            }
        };
        Correlator {
            set,
            states: set.programs.iter().map(state).collect(),
            found: Vec::new(),
            cut: 0,
            once: false,
        }
    }

    /// Lets threshold and new terms rules look at all events at once, whatever their windows are.
    #[must_use]
    pub fn once(mut self, once: bool) -> Correlator<'s, 'r> {
        self.once = once;
        self
    }

    /// The next hit in order.
    pub fn push(&mut self, hit: Hit, signals: &mut Vec<Signal>) {
        let hit = Rc::new(hit);
        for membership in &hit.memberships {
            match &self.set.programs[membership.rule] {
                Program::Event { .. } => {
                    self.signal(of_event(&hit, membership, Key::default()), signals);
                }
                Program::Sequence { .. } => self.push_to_machine(&hit, membership, signals),
                Program::Threshold { .. } => self.push_to_counter(&hit, membership, signals),
                Program::NewTerms { .. } => self.push_terms(&hit, membership, signals),
            }
        }
    }

    fn push_to_machine(
        &mut self,
        hit: &Rc<Hit>,
        membership: &Membership,
        signals: &mut Vec<Signal>,
    ) {
        let Some(machine) = &mut self.states[membership.rule].machine else { return };
        let event = Member { hit: Rc::clone(hit), group: membership.group.as_slice().into() };
        let time = Timestamp::from_nanosecond(hit.order.nanoseconds).unwrap_or_default();
        let roles = membership.roles.clone();
        machine.push(Arrival { time, event, roles }, &mut self.found);
        self.take_found(membership.rule, signals);
    }

    fn push_to_counter(
        &mut self,
        hit: &Rc<Hit>,
        membership: &Membership,
        signals: &mut Vec<Signal>,
    ) {
        let rule = membership.rule;
        let Program::Threshold { threshold, .. } = &self.set.programs[rule] else { return };
        let mut found = Vec::new();
        let counted = (membership.keys.as_slice(), membership.counted.as_slice());
        self.states[rule].counter.push(threshold, self.once, hit, counted, &mut found);
        self.take_enough(rule, found, signals);
    }

    fn push_terms(&mut self, hit: &Rc<Hit>, membership: &Membership, signals: &mut Vec<Signal>) {
        let rule = membership.rule;
        let Program::NewTerms { terms, .. } = &self.set.programs[rule] else { return };
        let history = if self.once { i128::MAX } else { terms.history_nanoseconds };
        for term in &membership.keys {
            let known = &mut self.states[rule].terms;
            let now = hit.order.nanoseconds;
            if known.is_new(term, now, history) {
                let since = known.since().unwrap_or(now);
                let mut signal = of_event(hit, membership, term.clone());
                signal.finding = Finding::NewTerm { since };
                self.signal(signal, signals);
            }
        }
    }

    /// Lets a threshold rule run on what there is before a time.
    fn count_up(&mut self, rule: usize, watermark: Option<i128>, signals: &mut Vec<Signal>) {
        let Program::Threshold { threshold, .. } = &self.set.programs[rule] else { return };
        let mut found = Vec::new();
        let counter = &mut self.states[rule].counter;
        match watermark {
            Some(watermark) => counter.advance(threshold, self.once, watermark, &mut found),
            None => counter.run(threshold, self.once, &mut found),
        }
        self.take_enough(rule, found, signals);
    }

    fn take_enough(&mut self, rule: usize, found: Vec<Enough>, signals: &mut Vec<Signal>) {
        for Enough { group, tally, last } in found {
            let member = Member { hit: last, group: group.to_vec().into() };
            let signal = Signal {
                rule,
                events: vec![Some(member)],
                key: group,
                finding: Finding::Threshold(tally),
                suppressed: 0,
            };
            self.signal(signal, signals);
        }
    }

    /// Nothing more comes.
    pub fn finish(&mut self, signals: &mut Vec<Signal>) {
        for rule in 0..self.states.len() {
            if let Some(machine) = &mut self.states[rule].machine {
                machine.finish(&mut self.found);
                self.take_found(rule, signals);
            }
            self.count_up(rule, None, signals);
            self.give_decided(rule, i128::MAX, signals);
            self.close(rule, i128::MAX, signals);
        }
    }

    /// The `rule_id` of each rule, by number.
    pub(crate) fn rule_ids(&self) -> Vec<String> {
        self.set.rules.iter().map(|rule| rule.id.clone()).collect()
    }

    /// What the correlator knows.
    pub fn snapshot(&self) -> Snapshot {
        let rules = self.states.iter().zip(&self.set.rules).map(|(state, rule)| RuleSnapshot {
            id: rule.id.clone(),
            machine: state.machine.as_ref().map(Machine::snapshot),
            counter: state.counter.snapshot(),
            terms: state.terms.snapshot(),
            decided: state.decided.clone().into_iter().collect(),
            groups: state
                .ends
                .iter()
                .map(|(ends, group)| (*ends, group.clone(), state.groups[group].clone()))
                .collect(),
            run: state.run,
        });
        Snapshot::V1 { rules: rules.collect(), cut: self.cut }
    }

    /// Takes up what a correlator of the same rules knew. Rules that are new start from nothing; of rules that are gone
    /// nothing is kept.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), RestoreError> {
        let Snapshot::V1 { rules, cut } = snapshot;
        for mut known in rules {
            let Some(rule) = self.set.rules.iter().position(|rule| rule.id == known.id) else {
                continue;
            };
            let machine = match (&self.set.programs[rule], known.machine.take()) {
                (
                    Program::Event { .. } | Program::Threshold { .. } | Program::NewTerms { .. },
                    None,
                ) => None,
                (Program::Sequence { plan, .. }, Some(machine)) => {
                    let restored = Machine::restore(plan.clone(), machine);
                    Some(
                        restored
                            .map_err(|error| RestoreError::Sequence(known.id.clone(), error))?,
                    )
                }
                _ => return Err(RestoreError::Rule(known.id)),
            };
            let state = &mut self.states[rule];
            *state = State {
                machine,
                counter: Counter::restore(known.counter),
                terms: Terms::restore(known.terms),
                run: known.run,
                ..State::default()
            };
            state.decided = known.decided.into_iter().collect();
            for (ends, group, signal) in known.groups {
                state.ends.insert((ends, group.clone()));
                state.groups.insert(group, signal);
            }
            let own = state.decided.values_mut().chain(state.groups.values_mut());
            own.for_each(|signal| signal.rule = rule);
        }
        self.cut = cut;
        Ok(())
    }

    /// Signals that a rule's `max_signals` cut off.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// What bounds dropped of open sequences.
    pub fn dropped(&self) -> u64 {
        self.states.iter().filter_map(|state| state.machine.as_ref()).map(Machine::dropped).sum()
    }

    /// What bounds left out of the counts of threshold rules, and terms that they made new terms rules forget.
    pub fn left_out(&self) -> u64 {
        self.states.iter().map(|state| state.counter.left_out() + state.terms.forgotten()).sum()
    }

    fn take_found(&mut self, rule: usize, signals: &mut Vec<Signal>) {
        for found in std::mem::take(&mut self.found) {
            let Found { key, events, order } = found;
            let place = (order, key.clone());
            let finding = Finding::Events;
            let signal = Signal { rule, events, key, finding, suppressed: 0 };
            if self.waits(rule).is_some() {
                self.states[rule].decided.insert(place, signal);
            } else {
                self.signal(signal, signals);
            }
        }
    }

    /// How long after its last event a result of a rule is decided at the latest, if it is not at once.
    fn waits(&self, rule: usize) -> Option<i128> {
        match &self.set.programs[rule] {
            Program::Sequence { plan, .. } if plan.waits() => {
                Some(i128::from(plan.maxspan_millis().unwrap_or(i64::MAX)) * MILLISECOND)
            }
            _ => None,
        }
    }

    /// Nothing earlier than this will come: decides what waited for that.
    pub fn advance(&mut self, watermark: i128, signals: &mut Vec<Signal>) {
        let moment = Timestamp::from_nanosecond(watermark).unwrap_or_default();
        for rule in 0..self.states.len() {
            if let Some(machine) = &mut self.states[rule].machine {
                machine.advance(moment, &mut self.found);
                self.take_found(rule, signals);
            }
            self.count_up(rule, Some(watermark), signals);
            // Of a rule whose results are decided late, everything is behind by that much.
            let known = watermark.saturating_sub(self.waits(rule).unwrap_or_default());
            self.give_decided(rule, known, signals);
            self.close(rule, known, signals);
        }
    }

    /// Gives out the results whose last event is before a time up to which all are decided.
    fn give_decided(&mut self, rule: usize, known: i128, signals: &mut Vec<Signal>) {
        while let Some(entry) = self.states[rule].decided.first_entry() {
            if known <= entry.get().last() {
                return;
            }
            let signal = entry.remove();
            self.signal(signal, signals);
        }
    }

    /// Gives a signal out, or keeps it to see what else its window brings.
    fn signal(&mut self, signal: Signal, signals: &mut Vec<Signal>) {
        let rule = self.set.rules[signal.rule];
        let now = signal.last();
        let group = common_group(&signal);
        let stands_alone = rule.suppression.as_ref().is_none_or(|suppression| {
            suppression.missing_fields == MissingFields::DoNotSuppress
                && group.contains(&KeyValue::Null)
        });
        if !stands_alone {
            self.close(signal.rule, now, signals);
            if let Some(first) = self.states[signal.rule].groups.get_mut(&group) {
                first.suppressed += 1;
                return;
            }
        }
        if !self.admits(signal.rule, now) {
            self.cut += 1;
            return;
        }
        let state = &mut self.states[signal.rule];
        if stands_alone || GROUPS_MAX <= state.groups.len() {
            return signals.push(signal);
        }
        let ends = now.saturating_add(window_nanoseconds(rule));
        state.ends.insert((ends, group.clone()));
        state.groups.insert(group, signal);
    }

    /// Gives out the signals whose window has ended.
    fn close(&mut self, rule: usize, now: i128, signals: &mut Vec<Signal>) {
        loop {
            let state = &mut self.states[rule];
            if state.ends.first().is_none_or(|(ends, _)| now < *ends) {
                return;
            }
            let ended = state.ends.pop_first().and_then(|(_, group)| state.groups.remove(&group));
            signals.extend(ended);
        }
    }

    /// Whether a rule may have another alert in its run.
    fn admits(&mut self, number: usize, now: i128) -> bool {
        let rule = self.set.rules[number];
        let ends = now.saturating_add(i128::from(rule.interval.seconds.max(1)) * SECOND);
        let run = self.states[number].run.get_or_insert((ends, 0));
        if run.0 <= now {
            *run = (ends, 0);
        }
        run.1 += 1;
        !is_bounded(rule) || run.1 <= u64::from(rule.max_signals)
    }
}

/// A signal of one event.
fn of_event(hit: &Rc<Hit>, membership: &Membership, key: Key) -> Signal {
    let member = Member { hit: Rc::clone(hit), group: membership.group.as_slice().into() };
    Signal {
        rule: membership.rule,
        events: vec![Some(member)],
        key,
        finding: Finding::Events,
        suppressed: 0,
    }
}

/// Whether a rule says itself how many alerts one run may have.
fn is_bounded(rule: &Rule) -> bool {
    rule.max_signals != crate::rule_set::MAX_SIGNALS_DEFAULT
}

/// The values that all events of a signal share; null where they differ.
fn common_group(signal: &Signal) -> Vec<KeyValue> {
    let mut members = signal.events.iter().flatten();
    let mut group = members.next().map(|member| member.group.to_vec()).unwrap_or_default();
    for member in members {
        for (value, other) in group.iter_mut().zip(&*member.group) {
            if value != other {
                *value = KeyValue::Null;
            }
        }
    }
    group
}

/// How long a signal stands for others of its group: as the rule says, or for one run.
fn window_nanoseconds(rule: &Rule) -> i128 {
    let duration = rule.suppression.as_ref().and_then(|suppression| suppression.duration_seconds);
    i128::from(duration.unwrap_or(rule.interval.seconds).max(1)) * SECOND
}
