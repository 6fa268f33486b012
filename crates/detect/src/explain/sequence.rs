//! How far a sequence came, and what ended it.
//!
//! A replay of the rules of sequences over the events of a closed set, written to be read: for each key the latest
//! candidate of each stage, the events in order, the stages from the last to the first. It keeps what the real machine
//! throws away: the furthest that each key came, and why it came no further. It is bounded by
//! [`limits::EXPLAIN_ENTRIES_MAX`](crate::limits::EXPLAIN_ENTRIES_MAX) and decides nothing: what fires is decided elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use brokerwatch_ecs::{Event, Projection, Schema, Slot, Timestamp, Value as Typed, date};
use brokerwatch_eql::ast;
use brokerwatch_eql::lower::{self, Settings};
use brokerwatch_expr::{Diagnostic, Scratch};

mod run;
mod search;
#[cfg(test)]
mod tests;

use self::run::{Furthest, Run};
pub use self::search::{Near, Search};
use super::{Explainer, Explanation, Subject};
use crate::limits::{EXPLAIN_ENTRIES_MAX, EXPLAIN_KEYS_PER_EVENT_MAX};

/// A sequence, ready to be explained.
pub struct SequenceExplainer {
    /// The brackets, as written.
    brackets: Vec<Bracket>,
    /// For each event that has to come, the number of its bracket: one with `runs` stands several times.
    steps: Vec<usize>,
    until: Option<Bracket>,
    maxspan_ms: Option<u64>,
    timestamp: Slot,
    tiebreaker: Option<Slot>,
}

/// One bracket, or `until`.
struct Bracket {
    explainer: Explainer,
    text: String,
    keys: Vec<BracketKey>,
    missing: bool,
    runs: u32,
}

struct BracketKey {
    name: String,
    /// None for an optional field that is in no mapping: it is always null.
    slot: Option<Slot>,
    optional: bool,
}

/// The values of the join keys; `None` is null, which equals null.
pub type Key = Vec<Option<KeyValue>>;

/// One value of a join key. Numbers are equal by value, whatever their type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyValue {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, as text.
    Fraction(String),
    /// Anything else, as text.
    Text(String),
}

impl KeyValue {
    fn of(value: &Typed<'_>) -> KeyValue {
        match value {
            Typed::Long(whole) => KeyValue::Whole(*whole),
            Typed::Double(double) => {
                // A double that a long holds exactly equals that long.
                let whole = *double as i64;
                if value.compare(&Typed::Long(whole)).is_some_and(std::cmp::Ordering::is_eq) {
                    KeyValue::Whole(whole)
                } else {
                    KeyValue::Fraction(value.to_string())
                }
            }
            other => KeyValue::Text(other.to_string()),
        }
    }
}

impl std::fmt::Display for KeyValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyValue::Whole(number) => number.fmt(f),
            KeyValue::Fraction(text) | KeyValue::Text(text) => f.write_str(text),
        }
    }
}

/// Where an event comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The input.
    pub path: Arc<str>,
    /// The number of the input, in the order of reading.
    pub input: u32,
    /// The line, from 1; 0 where there are no lines.
    pub line: u64,
    /// The byte.
    pub offset_bytes: u64,
    /// The document's own id.
    pub id: Option<String>,
}

/// The order of events: time, tiebreaker (missing last), then as they were read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// The time.
    pub time: Timestamp,
    tiebreaker: Tiebreaker,
    input: u32,
    offset_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Tiebreaker {
    Whole(i64),
    Text(String),
    Missing,
}

/// An event that meets a bracket or `until`.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Where it stands among all.
    pub order: Order,
    /// Where it comes from.
    pub place: Place,
    /// What it meets: numbers of brackets in ascending order, `until` last, each with its keys.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// The number of the bracket; that of `until` is one past the last.
    bracket: usize,
    /// The keys it takes part with; none if it lacks a field.
    keys: Vec<Key>,
    /// The key field that it lacks.
    lacking: Option<String>,
    /// Combinations of key values past the bound.
    left_out: u64,
}

impl Seen {
    /// About how much it holds, in pairs of event and stage.
    pub fn entries(&self) -> usize {
        self.entries.iter().map(|entry| entry.keys.len().max(1)).sum()
    }

    /// Puts the event at its place among the inputs.
    pub fn set_input(&mut self, input: u32) {
        self.place.input = input;
        self.order.input = input;
    }

    fn entry(&self, bracket: usize) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.bracket == bracket)
    }
}

/// What an event is to a sequence.
pub enum Role {
    /// It has no time, so it takes no part.
    NoTime,
    /// It meets nothing.
    None,
    /// It meets a bracket or `until`.
    Some(Seen),
}

/// What came of all events.
#[derive(Debug)]
pub struct Replay {
    /// By bracket, how many events met it, and how many of these lack a key field.
    pub met: Vec<Met>,
    /// How many sequences are complete and passed the checks of missing events.
    pub fired: u64,
    /// The first of them.
    pub complete: Vec<Attempt>,
    /// The keys that came furthest without ever firing, the furthest first.
    pub attempts: Vec<Attempt>,
    /// How many keys there are that began and never fired.
    pub keys: usize,
    /// Pairs of event and stage that did not fit.
    pub left_out: u64,
}

/// How many events met a bracket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// All of them.
    pub events: u64,
    /// Those of them that lack a key field.
    pub without_key: u64,
}

/// A sequence that began.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The key fields of the first positive bracket, with their values.
    pub key: Vec<(String, Option<KeyValue>)>,
    /// The events so far, in order.
    pub events: Vec<Place>,
    /// Of each event, the number of its bracket.
    pub brackets: Vec<usize>,
    /// When the first came, and the last so far.
    pub times: (Timestamp, Timestamp),
    /// What ended it.
    pub ending: Ending,
    /// The number of the bracket that was to come next; none if all came.
    pub next: Option<usize>,
    /// How many other candidates of the same key came as far and gave way to a newer one.
    pub replaced: u64,
    /// The last of these: the event that opened it, and the one that replaced it.
    pub last_replaced: Option<(Place, Place)>,
    /// Events that nearly were the next one.
    pub misses: Vec<Miss>,
    /// Where to search for events that nearly met the next bracket.
    target: Option<Target>,
}

/// What ended a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It is complete.
    Complete,
    /// Nothing: no event of the next bracket came.
    NoNext,
    /// An event of the next bracket came after maxspan.
    TooLate {
        /// The event.
        event: Place,
        /// From the first event to this one.
        elapsed_ms: i64,
    },
    /// An event met `until`.
    Until(Place),
    /// It was complete, but an event that must be missing came.
    Missing {
        /// The event.
        event: Place,
        /// The number of the bracket that it met.
        bracket: usize,
    },
    /// A newer candidate came as far. (It came as far itself, so an attempt that is shown never ends so.)
    Replaced(Place),
}

/// An event that nearly was the next one.
#[derive(Debug, Clone)]
pub enum Miss {
    /// It met the bracket and was in time, but has another key.
    OtherKey {
        /// The event.
        event: Place,
        /// Its keys in the next bracket.
        key: Vec<(String, Option<KeyValue>)>,
    },
    /// It met the bracket and was in time, but lacks a key field.
    NoKey {
        /// The event.
        event: Place,
        /// The field.
        field: String,
    },
    /// It had the key and was in time, but did not meet the bracket.
    Condition {
        /// The event.
        event: Place,
        /// By how many leaves.
        missed: usize,
        /// Why not.
        explanation: Box<Explanation>,
    },
}

/// Where an event would have had to stand to be the next one.
#[derive(Debug, Clone)]
struct Target {
    bracket: usize,
    /// None before the first event: any key will do.
    key: Option<Key>,
    after: Option<Order>,
    /// The last moment that is in time.
    until: Option<Timestamp>,
    /// The event that ended the attempt.
    before: Option<Order>,
}

impl SequenceExplainer {
    /// Prepares a sequence; the fields that it reads are added to `projection`. `query` is the text that both trees speak
    /// of.
    pub fn new(
        written: &ast::Sequence,
        sequence: &lower::Sequence,
        query: &str,
        settings: &Settings,
        schema: &Schema,
        projection: &mut Projection,
    ) -> Result<SequenceExplainer, Diagnostic> {
        let mut brackets = Vec::new();
        for (stage, written) in sequence.stages.iter().zip(&written.stages) {
            brackets.push(Bracket::new(stage, written, query, schema, projection)?);
        }
        let until = match (&sequence.until, &written.until) {
            (Some(stage), Some(written)) => {
                Some(Bracket::new(stage, written, query, schema, projection)?)
            }
            _ => None,
        };
        let positive = brackets.iter().enumerate().filter(|(_, bracket)| !bracket.missing);
        let steps = positive
            .flat_map(|(number, bracket)| std::iter::repeat_n(number, bracket.runs as usize))
            .collect();
        let tiebreaker = settings.tiebreaker_field.as_ref();
        Ok(SequenceExplainer {
            brackets,
            steps,
            until,
            maxspan_ms: sequence.maxspan_ms,
            timestamp: projection.want(&settings.timestamp_field, schema),
            tiebreaker: tiebreaker.map(|field| projection.want(field, schema)),
        })
    }

    /// How many brackets there are.
    pub fn len(&self) -> usize {
        self.brackets.len()
    }

    /// Whether there is no bracket.
    pub fn is_empty(&self) -> bool {
        self.brackets.is_empty()
    }

    /// How many events a complete sequence has.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// A bracket by number: its text, whether its event must be missing, and how often it repeats.
    pub fn bracket(&self, number: usize) -> (&str, bool, u32) {
        let bracket = &self.brackets[number];
        (&bracket.text, bracket.missing, bracket.runs)
    }

    /// The longest time from the first event to the last.
    pub fn maxspan_ms(&self) -> Option<u64> {
        self.maxspan_ms
    }

    /// Each bracket on one event, and `until` after them, each with its text.
    pub fn roles(
        &self,
        subject: Subject<'_, '_>,
        scratch: &mut Scratch,
    ) -> Vec<(String, Explanation)> {
        self.brackets
            .iter()
            .chain(&self.until)
            .map(|bracket| (bracket.text.clone(), bracket.explainer.explain(subject, scratch)))
            .collect()
    }

    /// What an event is to the sequence.
    pub fn role(
        &self,
        event: &Event<'_>,
        place: impl FnOnce() -> Place,
        scratch: &mut Scratch,
    ) -> Role {
        let brackets = self.brackets.iter().chain(&self.until).enumerate();
        let entries: Vec<Entry> = brackets
            .filter(|(_, bracket)| bracket.explainer.missed(event, scratch).0)
            .map(|(number, bracket)| bracket.entry(number, event))
            .collect();
        if entries.is_empty() {
            return Role::None;
        }
        let place = place();
        match self.order(event, place.input) {
            Some(order) => Role::Some(Seen { order, place, entries }),
            None => Role::NoTime,
        }
    }

    fn order(&self, event: &Event<'_>, input: u32) -> Option<Order> {
        let tiebreaker = self.tiebreaker.and_then(|slot| event.values(slot).first());
        Some(Order {
            time: event.timestamp(self.timestamp)?,
            tiebreaker: match tiebreaker {
                Some(Typed::Long(number)) => Tiebreaker::Whole(*number),
                Some(other) => Tiebreaker::Text(other.to_string()),
                None => Tiebreaker::Missing,
            },
            input,
            offset_bytes: event.origin.offset_bytes,
        })
    }

    /// Runs the sequence over all events that are something to it. `complete` and `most` say how many complete sequences
    /// and how many keys are kept.
    pub fn replay(&self, mut seen: Vec<Seen>, complete: usize, most: usize) -> Replay {
        seen.sort_by(|a, b| a.order.cmp(&b.order));
        let mut replay = Replay {
            met: vec![Met::default(); self.brackets.len()],
            fired: 0,
            complete: Vec::new(),
            attempts: Vec::new(),
            keys: 0,
            left_out: 0,
        };
        for entry in seen.iter().flat_map(|seen| &seen.entries) {
            replay.left_out += entry.left_out;
            if let Some(met) = replay.met.get_mut(entry.bracket) {
                met.events += 1;
                met.without_key += u64::from(entry.lacking.is_some());
            }
        }
        let mut run = Run {
            sequence: self,
            seen: &seen,
            forbidden: self.forbidden(&seen),
            pending: BTreeMap::new(),
            furthest: BTreeMap::new(),
            complete: Vec::new(),
            fired: 0,
            most: complete,
        };
        run.all();
        replay.fired = run.fired;
        let Run { furthest, complete, .. } = run;
        replay.complete = complete;
        // A key that fired once needs no explanation.
        let mut kept: Vec<(Key, Furthest)> =
            furthest.into_iter().filter(|(_, furthest)| furthest.fired == 0).collect();
        replay.keys = kept.len();
        kept.sort_by(|(_, a), (_, b)| {
            let last = |furthest: &Furthest| furthest.chain.last().copied();
            b.chain.len().cmp(&a.chain.len()).then_with(|| last(a).cmp(&last(b)))
        });
        kept.truncate(most);
        replay.attempts =
            kept.into_iter().map(|(key, furthest)| self.attempt(&key, &furthest, &seen)).collect();
        replay
    }

    /// When events came that must be missing, by bracket and key, in order.
    fn forbidden(&self, seen: &[Seen]) -> BTreeMap<(usize, Key), Vec<usize>> {
        let mut found: BTreeMap<(usize, Key), Vec<usize>> = BTreeMap::new();
        for (number, seen) in seen.iter().enumerate() {
            for entry in &seen.entries {
                if self.brackets.get(entry.bracket).is_some_and(|bracket| bracket.missing) {
                    for key in &entry.keys {
                        found.entry((entry.bracket, key.clone())).or_default().push(number);
                    }
                }
            }
        }
        found
    }

    fn attempt(&self, key: &Key, furthest: &Furthest, seen: &[Seen]) -> Attempt {
        let place = |number: &usize| seen[*number].place.clone();
        let Furthest { chain, ending, .. } = furthest;
        let next = self.steps.get(chain.len()).copied();
        let mut attempt = Attempt {
            key: self.brackets[self.steps[0]].named(key),
            events: chain.iter().map(place).collect(),
            brackets: self.steps[..chain.len()].to_vec(),
            times: (seen[chain[0]].order.time, seen[chain[chain.len() - 1]].order.time),
            ending: ending.clone(),
            next,
            replaced: furthest.replaced,
            last_replaced: furthest.last_replaced.map(|(a, b)| (place(&a), place(&b))),
            misses: Vec::new(),
            target: None,
        };
        if let Some(bracket) = next {
            let target = Target {
                bracket,
                key: Some(key.clone()),
                after: chain.last().map(|last| seen[*last].order.clone()),
                until: self.maxspan_ms.and_then(|most| later(attempt.times.0, most)),
                before: furthest.ended_by.map(|number| seen[number].order.clone()),
            };
            attempt.misses.extend(self.other_key(&target, seen));
            attempt.target = Some(target);
        }
        attempt
    }

    /// The first event that met the next bracket in time, but with another key or none.
    fn other_key(&self, target: &Target, seen: &[Seen]) -> Option<Miss> {
        let bracket = &self.brackets[target.bracket];
        let mut candidates = seen.iter().filter(|seen| target.is_in_time(&seen.order));
        candidates.find_map(|seen| {
            let entry = seen.entry(target.bracket)?;
            let event = seen.place.clone();
            match (&entry.lacking, entry.keys.first()) {
                (Some(field), _) => Some(Miss::NoKey { event, field: field.clone() }),
                (None, Some(key))
                    if target.key.as_ref().is_none_or(|own| !entry.keys.contains(own)) =>
                {
                    Some(Miss::OtherKey { event, key: bracket.named(key) })
                }
                _ => None,
            }
        })
    }
}

/// A moment so many milliseconds on; `None` past the end of time.
fn later(moment: Timestamp, millis: u64) -> Option<Timestamp> {
    let nanos = moment.as_nanosecond().checked_add(i128::from(millis) * 1_000_000)?;
    Timestamp::from_nanosecond(nanos).ok()
}

impl Bracket {
    fn new(
        stage: &lower::Stage,
        written: &ast::Stage,
        query: &str,
        schema: &Schema,
        projection: &mut Projection,
    ) -> Result<Bracket, Diagnostic> {
        let explainer = Explainer::new(&stage.condition, query, schema, projection)?;
        let text = query.get(written.filter.span.range()).unwrap_or_default();
        let keys = stage.keys.iter().map(|key| BracketKey {
            name: key.name.clone(),
            slot: key.ty.map(|_| projection.want(&key.name, schema)),
            optional: key.optional,
        });
        Ok(Bracket {
            explainer,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            keys: keys.collect(),
            missing: stage.missing,
            runs: stage.runs,
        })
    }

    fn entry(&self, bracket: usize, event: &Event<'_>) -> Entry {
        match self.keys(event) {
            Ok((keys, left_out)) => Entry { bracket, keys, lacking: None, left_out },
            Err(field) => Entry { bracket, keys: Vec::new(), lacking: Some(field), left_out: 0 },
        }
    }

    /// Each distinct combination of values of the key fields, and how many more there are; an error names a field that
    /// has to have a value.
    fn keys(&self, event: &Event<'_>) -> Result<(Vec<Key>, u64), String> {
        let mut keys: Vec<Key> = vec![Vec::new()];
        let mut all = 1_u64;
        for field in &self.keys {
            let values = field.slot.map_or(&[][..], |slot| event.values(slot));
            let mut options: Vec<Option<KeyValue>> =
                values.iter().map(|value| Some(KeyValue::of(value))).collect();
            options.sort_unstable();
            options.dedup();
            match (options.is_empty(), field.optional) {
                (true, true) => options.push(None),
                (true, false) => return Err(field.name.clone()),
                (false, _) => {}
            }
            all = all.saturating_mul(options.len() as u64);
            let longer = keys.iter().flat_map(|key| {
                options.iter().map(move |option| {
                    let mut key = key.clone();
                    key.push(option.clone());
                    key
                })
            });
            keys = longer.take(EXPLAIN_KEYS_PER_EVENT_MAX).collect();
        }
        let left_out = all - keys.len() as u64;
        Ok((keys, left_out))
    }

    fn named(&self, key: &Key) -> Vec<(String, Option<KeyValue>)> {
        self.keys.iter().map(|field| field.name.clone()).zip(key.iter().cloned()).collect()
    }
}

impl Target {
    fn is_in_time(&self, order: &Order) -> bool {
        self.after.as_ref().is_none_or(|after| after < order)
            && self.before.as_ref().is_none_or(|before| order < before)
            && self.until.is_none_or(|until| order.time <= until)
    }
}

/// Events for a replay, up to the bound.
#[derive(Debug, Default)]
pub struct Collected {
    seen: Vec<Seen>,
    entries: usize,
    left_out: u64,
}

impl Collected {
    /// Adds an event; past the bound it is counted only.
    pub fn add(&mut self, seen: Seen) {
        let entries = seen.entries();
        if EXPLAIN_ENTRIES_MAX < self.entries + entries {
            self.left_out += entries as u64;
            return;
        }
        self.entries += entries;
        self.seen.push(seen);
    }

    /// Runs the sequence over them.
    pub fn replay(self, sequence: &SequenceExplainer, complete: usize, most: usize) -> Replay {
        let mut replay = sequence.replay(self.seen, complete, most);
        replay.left_out += self.left_out;
        replay
    }
}

/// A moment as ISO 8601.
pub fn iso(moment: Timestamp) -> String {
    date::format(moment)
}
