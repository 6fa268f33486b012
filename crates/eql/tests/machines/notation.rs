//! Events as `2:b(p)`: at second 2, with the letter `b` and the key `p`; `(p,q)` is a field of two values, and without
//! brackets there is no value. In a query `[b]` is the bracket of the letter `b`, and `[true]` takes all letters.

use std::fmt::Write as _;

use brokerwatch_ecs::{Schema, Value};
use brokerwatch_eql::keys::{Key, KeyValue, combinations};
use brokerwatch_eql::lower::{self, Query, Settings, lower};
use brokerwatch_eql::sequence::{Arrival, Found, Machine, Plan, Role, Timestamp};

pub(crate) struct Event {
    pub(crate) seconds: i64,
    pub(crate) letter: String,
    pub(crate) users: Vec<String>,
}

impl Event {
    pub(crate) fn is(&self, letter: &str) -> bool {
        letter == "true" || self.letter == letter
    }

    /// The keys of a bracket with one key field, or with none.
    pub(crate) fn keys(&self, stage: &lower::Stage) -> Vec<Key> {
        let users: Vec<Value<'_>> = self.users.iter().map(|user| Value::Keyword(user)).collect();
        let values: Vec<_> = stage.keys.iter().map(|key| (&users[..], key.optional)).collect();
        combinations(&values).0
    }
}

pub(crate) fn events(text: &str) -> Vec<Event> {
    let event = |text: &str| {
        let (seconds, rest) = text.split_once(':').unwrap();
        let (letter, users) = rest.split_once('(').unwrap_or((rest, ")"));
        let users = users.strip_suffix(')').unwrap();
        let users = users.split(',').filter(|user| !user.is_empty()).map(str::to_owned).collect();
        Event { seconds: seconds.parse().unwrap(), letter: letter.to_owned(), users }
    };
    text.split_whitespace().map(event).collect()
}

/// A query, and the letter of each of its brackets.
pub(crate) struct Brackets {
    pub(crate) query: Query,
    pub(crate) letters: Vec<String>,
}

pub(crate) fn query(text: &str) -> Brackets {
    let mut eql = String::new();
    let mut letters = Vec::new();
    for piece in text.split_inclusive(['[', ']']) {
        match piece.strip_suffix(']') {
            Some("true") => eql.push_str("any where true]"),
            Some(letter) => write!(eql, "any where x == \"{letter}\"]").unwrap(),
            None => eql.push_str(piece),
        }
        letters.extend(piece.strip_suffix(']').map(str::to_owned));
    }
    let statement = brokerwatch_eql::parse(&eql).unwrap();
    let query = lower(&statement, &Schema::open(), &Settings::default()).unwrap().query;
    Brackets { query, letters }
}

/// A sequence over events, each of which is known by its number, from 1.
pub(crate) struct Run {
    pub(crate) sequence: lower::Sequence,
    pub(crate) arrivals: Vec<Arrival<usize>>,
}

pub(crate) fn run(query_text: &str, events_text: &str) -> Run {
    let Brackets { query: Query::Sequence(sequence), letters } = query(query_text) else {
        panic!("{query_text} is a sequence")
    };
    let stages: Vec<&lower::Stage> = sequence.stages.iter().chain(&sequence.until).collect();
    let arrival = |(i, event): (usize, Event)| {
        let role = |stage: usize| {
            let met = event.is(&letters[stage]);
            met.then(|| Role { stage, keys: event.keys(stages[stage]) })
        };
        Arrival {
            time: Timestamp::from_second(event.seconds).unwrap(),
            event: i + 1,
            roles: (0..stages.len()).filter_map(role).collect(),
        }
    };
    let arrivals = events(events_text).into_iter().enumerate().map(arrival).collect();
    Run { sequence, arrivals }
}

impl Run {
    pub(crate) fn machine(&self) -> Machine<usize> {
        Machine::new(Plan::of(&self.sequence))
    }

    /// What a closed set of these events gives.
    pub(crate) fn found(&self) -> Vec<Found<usize>> {
        let mut found = Vec::new();
        let mut machine = self.machine();
        for arrival in &self.arrivals {
            machine.push(arrival.clone(), &mut found);
        }
        machine.finish(&mut found);
        assert_eq!(
            (machine.open(), machine.held(), machine.keys(), machine.dropped()),
            (0, 0, 0, 0)
        );
        found
    }
}

/// `p [1,2], q [3,-]`
pub(crate) fn shown(found: &[Found<usize>]) -> String {
    let one = |found: &Found<usize>| {
        let events: Vec<String> = found
            .events
            .iter()
            .map(|event| event.map_or("-".to_owned(), |event| event.to_string()))
            .collect();
        format!("{}[{}]", shown_key(&found.key), events.join(","))
    };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub(crate) fn shown_key(key: &Key) -> String {
    let value = |value: &KeyValue| match value {
        KeyValue::Keyword(text) => format!("{text} "),
        KeyValue::Null => "null ".to_owned(),
        other => panic!("{other:?} is not in the notation"),
    };
    key.iter().map(value).collect()
}
