//! The replay, held to the worked examples of sequences and to what it says of attempts that failed.

use brokerwatch_ecs::{Origin, Projection, Value};
use brokerwatch_eql::lower::{Query, lower};

use super::*;

/// Runs a sequence over events written as `time:letter(user)`, in seconds; gives what `shown` makes of the replay. In
/// the query a letter in brackets stands for a bracket.
fn run<T>(query: &str, events: &str, shown: impl FnOnce(&SequenceExplainer, Replay) -> T) -> T {
    let query = spelt(query);
    let schema = Schema::open();
    let (settings, mut projection) = (Settings::default(), Projection::new());
    let statement = brokerwatch_eql::parse(&query).unwrap();
    let lowered = lower(&statement, &schema, &settings).unwrap();
    let (ast::Query::Sequence(written), Query::Sequence(sequence)) =
        (&statement.query, &lowered.query)
    else {
        panic!("{query} is no sequence")
    };
    let sequence =
        SequenceExplainer::new(written, sequence, &query, &settings, &schema, &mut projection)
            .unwrap();
    let mut collected = Collected::default();
    let mut scratch = Scratch::new();
    for (number, text) in events.split_whitespace().enumerate() {
        let (time, rest) = text.split_once(':').unwrap();
        let (letter, users) = rest.split_once('(').unwrap_or((rest, ")"));
        let mut event = Event::new(&projection);
        let offset_bytes = number as u64;
        event.reset(b"", Origin { offset_bytes, line: offset_bytes + 1 });
        let time = Timestamp::from_second(time.parse().unwrap()).unwrap();
        event.push(projection.slot("@timestamp").unwrap(), Value::Date(time));
        event.push(projection.slot("x").unwrap(), Value::Keyword(letter));
        for user in users.trim_end_matches(')').split(',').filter(|user| !user.is_empty()) {
            if let Some(slot) = projection.slot("u") {
                event.push(slot, Value::Keyword(user));
            }
        }
        let place = || Place {
            path: "events".into(),
            input: 0,
            line: offset_bytes + 1,
            offset_bytes,
            id: None,
        };
        if let Role::Some(seen) = sequence.role(&event, place, &mut scratch) {
            collected.add(seen);
        }
    }
    let replay = collected.replay(&sequence, 100, 100);
    shown(&sequence, replay)
}

/// `[a]` is `[any where x == "a"]`, and `[*]` any event that has a letter.
fn spelt(query: &str) -> String {
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('[') {
        let (letter, after) = after.split_once(']').unwrap();
        let condition = match letter {
            "*" => "x != null".to_owned(),
            letter => format!("x == \"{letter}\""),
        };
        out.extend([before, "[any where ", &condition, "]"]);
        rest = after;
    }
    out + rest
}

/// The events of each complete sequence, by number from 1.
#[track_caller]
fn check(query: &str, events: &str, expected: &[&[u64]]) {
    let mut found: Vec<Vec<u64>> = run(query, events, |_, replay| {
        let lines = |attempt: &Attempt| attempt.events.iter().map(|place| place.line).collect();
        replay.complete.iter().map(lines).collect()
    });
    found.sort_by_key(|events| events.last().copied());
    assert_eq!(found, expected, "{query} over {events}");
}

/// The worked examples of the documentation of sequences.
#[test]
fn complete_sequences_are_those_of_the_machine() {
    check("sequence [a] [b] [c]", "1:a 2:a 3:b 4:b 5:a 6:c 7:b 8:c", &[&[2, 3, 6], &[5, 7, 8]]);
    check("sequence [*] [*]", "1:a 2:a 3:a", &[&[1, 2], &[2, 3]]);
    check("sequence [*] with runs=3", "1:a 2:a 3:a", &[&[1, 2, 3]]);
    check("sequence by u [a] [b]", "1:a(p) 2:a(q) 3:b(q) 4:b(p)", &[&[2, 3], &[1, 4]]);
    let ten = "sequence with maxspan=10s";
    check(&format!("{ten} [a] [b]"), "0:a 10:b 20:a 31:b", &[&[1, 2]]);
    check(&format!("{ten} [a] [b] [c]"), "0:a 6:b 11:c 12:c", &[]);
    check(&format!("{ten} [a] [b]"), "0:a 2:a 30:b 31:b", &[]);
    check("sequence [a] [b] until [z]", "1:a 2:z 3:b 4:a 5:b 6:z", &[&[4, 5]]);
    check("sequence [a] [b] [c] until [b]", "1:a 2:b 3:c", &[]);
    check("sequence [a] [b] [c] until [c]", "1:a 2:b 3:c", &[&[1, 2, 3]]);
    check("sequence by u [a] [b] until [z]", "1:a(p) 2:z(q) 3:b(p)", &[&[1, 3]]);
    let minute = "sequence with maxspan=1m";
    check(&format!("{minute} [a] ![m] [b]"), "1:a 2:m 3:b 4:a 5:b", &[&[4, 5]]);
    check(&format!("{minute} [a] ![m] [b]"), "1:a 2:a 3:m 4:b", &[]);
    check(&format!("{ten} [a] ![m]"), "0:a 5:m 20:a 31:m", &[&[3]]);
    check(&format!("{ten} [a] [b] ![m]"), "0:a 4:b 9:m 20:a 24:b 31:m", &[&[4, 5]]);
    check(&format!("{ten} ![m] [a]"), "0:m 5:a 20:a 26:m 28:a 37:b", &[&[3]]);
    check(&format!("{ten} ![m] [a] [b]"), "0:m 5:a 20:a 26:m 28:a 37:b", &[&[5, 6]]);
    check(&format!("{ten} ![m] [a] ![m]"), "0:m 4:a 8:m 20:m 21:a 40:a 41:m", &[&[5], &[6]]);
    check(
        "sequence by u [a] [f] with runs=2 [s]",
        "1:a(p) 2:f(p) 3:f(q) 4:f(p) 5:f(p) 6:s(p)",
        &[&[1, 2, 4, 6]],
    );
    check("sequence [f] with runs=3 [s]", "1:f 2:f 3:f 4:f 5:s", &[&[2, 3, 4, 5]]);
    check("sequence [a] [b]", "1:a 1:b", &[&[1, 2]]);
    check("sequence by u [a] [b]", "1:a(p,q) 2:b(q,r,p) 3:b(p)", &[&[1, 2], &[1, 2]]);
}

#[test]
fn the_furthest_attempt_of_a_key_is_told_with_its_ending() {
    let ending = |query: &str, events: &str| {
        run(query, events, |_, replay| {
            let attempt = replay.attempts.into_iter().next().expect("one began");
            (attempt.events.len(), attempt.ending, attempt.replaced)
        })
    };
    let (events, end, replaced) = ending("sequence [a] [b] [c]", "1:a 2:b 3:a 4:b 5:a");
    assert_eq!((events, end, replaced), (2, Ending::NoNext, 1));
    let (events, end, _) = ending("sequence [a] [b] [c] until [z]", "1:a 2:b 3:z 4:a 5:z");
    assert!(events == 2 && matches!(&end, Ending::Until(place) if place.line == 3), "{end:?}");
    let (events, end, _) = ending("sequence with maxspan=5s [a] [b]", "0:a 6:b");
    assert!(events == 1 && matches!(end, Ending::TooLate { elapsed_ms: 6000, .. }));
    let (events, end, _) = ending("sequence with maxspan=5s [a] ![m] [b]", "0:a 1:m 2:b 3:a");
    assert!(events == 2 && matches!(end, Ending::Missing { bracket: 1, .. }));
}

#[test]
fn keys_that_fired_are_not_explained_and_the_furthest_come_first() {
    let events = "1:a(p) 2:b(p) 3:a(q) 4:a(r) 5:b(r) 6:c(p) 7:a(p)";
    let keys = run("sequence by u [a] [b] [c]", events, |_, replay| {
        let name = |attempt: &Attempt| attempt.key[0].1.clone().unwrap().to_string();
        (replay.keys, replay.attempts.iter().map(name).collect::<Vec<_>>())
    });
    assert_eq!(keys, (2, vec!["r".to_owned(), "q".to_owned()]));
}

#[test]
fn numbers_are_one_key_by_value() {
    assert_eq!(KeyValue::of(&Value::Long(2)), KeyValue::of(&Value::Double(2.0)));
    assert_ne!(KeyValue::of(&Value::Long(2)), KeyValue::of(&Value::Double(2.5)));
    assert_ne!(KeyValue::of(&Value::Long(2)), KeyValue::of(&Value::Keyword("2")));
}
