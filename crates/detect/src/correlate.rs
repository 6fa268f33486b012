//! What has to be seen in the order of time: sequences, suppression, and the bound on a rule's alerts.
//!
//! Events come here as [`Hit`]s, owned and few, sorted by [`Order`] by whoever collected them. The same hits give the same
//! signals.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use brokerwatch_ecs::{Event, Slot, Timestamp, Value};
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::sequence::{Arrival, Found, Machine, Role};
use brokerwatch_rules::{MissingFields, Rule};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::GROUPS_MAX;
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The number of the rule.
    pub rule: usize,
    /// The brackets that it meets; none of an event rule.
    pub roles: Vec<Role>,
    /// The values of the fields by which alerts are grouped; null if one is missing.
    pub group: Vec<KeyValue>,
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
        match &set.programs[rule] {
            Program::Event { grouped: None, .. } => None,
            Program::Event { grouped: Some(grouped), .. } => {
                Some(Membership { rule, roles: Vec::new(), group: values(grouped) })
            }
            Program::Sequence { steps, grouped, .. } => {
                let roles = steps.roles(brackets.iter().copied(), event);
                let group = values(grouped);
                (!roles.is_empty()).then_some(Membership { rule, roles, group })
            }
        }
    }
}

/// What a rule found.
#[derive(Debug, Clone)]
pub struct Signal {
    /// The number of the rule.
    pub rule: usize,
    /// The events, in the order of the query; `None` for one that had to be missing. One for an event rule.
    pub events: Vec<Option<Rc<Hit>>>,
    /// The values of the join keys of a sequence.
    pub key: Key,
    /// How many further signals it stands for.
    pub suppressed: u64,
}

impl Signal {
    /// The time of its last event.
    fn last(&self) -> i128 {
        self.events.iter().flatten().map(|hit| hit.order.nanoseconds).max().unwrap_or_default()
    }
}

/// Puts hits together.
pub struct Correlator<'s, 'r> {
    set: &'s RuleSet<'r>,
    /// By rule.
    states: Vec<State>,
    found: Vec<Found<Rc<Hit>>>,
    /// Signals past a rule's `max_signals`.
    cut: u64,
}

#[derive(Default)]
struct State {
    machine: Option<Machine<Rc<Hit>>>,
    /// The groups whose window is open, each with the signal that stands for those that follow.
    groups: HashMap<Vec<KeyValue>, Signal>,
    /// When they end, the first first.
    ends: BTreeSet<(i128, Vec<KeyValue>)>,
    /// When the current run of the rule ends, and its signals.
    run: Option<(i128, u64)>,
}

const SECOND: i128 = 1_000_000_000;

impl<'s, 'r> Correlator<'s, 'r> {
    /// A correlator that has seen nothing.
    pub fn new(set: &'s RuleSet<'r>) -> Correlator<'s, 'r> {
        let state = |program: &Program| match program {
            Program::Event { .. } => State::default(),
            Program::Sequence { plan, .. } => {
                State { machine: Some(Machine::new(plan.clone())), ..State::default() }
            }
        };
        Correlator {
            set,
            states: set.programs.iter().map(state).collect(),
            found: Vec::new(),
            cut: 0,
        }
    }

    /// The next hit in order.
    pub fn push(&mut self, hit: Hit, signals: &mut Vec<Signal>) {
        let hit = Rc::new(hit);
        for membership in &hit.memberships {
            let rule = membership.rule;
            let Some(machine) = &mut self.states[rule].machine else {
                let events = vec![Some(Rc::clone(&hit))];
                let signal = Signal { rule, events, key: Key::default(), suppressed: 0 };
                self.signal(signal, signals);
                continue;
            };
            let time = Timestamp::from_nanosecond(hit.order.nanoseconds).unwrap_or_default();
            let roles = membership.roles.clone();
            machine.push(Arrival { time, event: Rc::clone(&hit), roles }, &mut self.found);
            self.take_found(rule, signals);
        }
    }

    /// Nothing more comes.
    pub fn finish(&mut self, signals: &mut Vec<Signal>) {
        for rule in 0..self.states.len() {
            if let Some(machine) = &mut self.states[rule].machine {
                machine.finish(&mut self.found);
                self.take_found(rule, signals);
            }
            self.close(rule, i128::MAX, signals);
        }
    }

    /// Signals that a rule's `max_signals` cut off.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// What bounds dropped of open sequences.
    pub fn dropped(&self) -> u64 {
        self.states.iter().filter_map(|state| state.machine.as_ref()).map(Machine::dropped).sum()
    }

    fn take_found(&mut self, rule: usize, signals: &mut Vec<Signal>) {
        for found in std::mem::take(&mut self.found) {
            let signal = Signal { rule, events: found.events, key: found.key, suppressed: 0 };
            self.signal(signal, signals);
        }
    }

    /// Gives a signal out, or keeps it to see what else its window brings.
    fn signal(&mut self, signal: Signal, signals: &mut Vec<Signal>) {
        let rule = self.set.rules[signal.rule];
        let now = signal.last();
        let Some(suppression) = &rule.suppression else { return self.give(signal, signals) };
        let group = common_group(&signal);
        let is_whole = !group.contains(&KeyValue::Null);
        if !is_whole && suppression.missing_fields == MissingFields::DoNotSuppress {
            return self.give(signal, signals);
        }
        self.close(signal.rule, now, signals);
        let state = &mut self.states[signal.rule];
        if let Some(signal) = state.groups.get_mut(&group) {
            signal.suppressed += 1;
            return;
        }
        if GROUPS_MAX <= state.groups.len() {
            return self.give(signal, signals);
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
            if let Some(signal) = ended {
                self.give(signal, signals);
            }
        }
    }

    /// Gives a signal out unless its run has had all that the rule allows.
    fn give(&mut self, signal: Signal, signals: &mut Vec<Signal>) {
        let rule = self.set.rules[signal.rule];
        let now = signal.last();
        let ends = now.saturating_add(i128::from(rule.interval.seconds.max(1)) * SECOND);
        let run = self.states[signal.rule].run.get_or_insert((ends, 0));
        if run.0 <= now {
            *run = (ends, 0);
        }
        run.1 += 1;
        if is_bounded(rule) && u64::from(rule.max_signals) < run.1 {
            self.cut += 1;
        } else {
            signals.push(signal);
        }
    }
}

/// Whether a rule says itself how many alerts one run may have.
fn is_bounded(rule: &Rule) -> bool {
    rule.max_signals != crate::rule_set::MAX_SIGNALS_DEFAULT
}

/// The values that all events of a signal share; null where they differ.
fn common_group(signal: &Signal) -> Vec<KeyValue> {
    let of = |hit: &Hit| {
        let own = hit.memberships.iter().find(|membership| membership.rule == signal.rule);
        own.map(|membership| membership.group.clone()).unwrap_or_default()
    };
    let mut events = signal.events.iter().flatten();
    let mut group = events.next().map(|hit| of(hit)).unwrap_or_default();
    for hit in events {
        for (value, other) in group.iter_mut().zip(of(hit)) {
            if *value != other {
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
