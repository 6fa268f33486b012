//! The index changes no answer: the same conditions match, for the same reasons, and the same computations fail.

use std::cell::Cell;

use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{Event, Projection};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::reader::Document;
use crate::{add, queries, rules, schema};

/// Runs each document twice through one matcher with the index and one without, so that what the first remembers of
/// earlier values is used. Gives how many conditions matched.
fn check(queries: &[String], documents: &[Json]) -> Result<usize, TestCaseError> {
    let schema = schema();
    let (mut conditions, mut projection) = (Conditions::default(), Projection::new());
    queries.iter().for_each(|query| add(query, &mut conditions, &mut projection, &schema));
    let (mut fast, mut slow) = (Matcher::new(&conditions), Matcher::new(&conditions));
    let mut matched = 0;
    for document in documents.iter().chain(documents) {
        let text = document.to_string();
        let read = Document::new(document);
        let event = read.event(&projection);
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        let failure = fast
            .run(&event, |number, matcher| found.push((number, matcher.reasons(number, &event))));
        let expected_failure = slow.run_every(&event, |number, matcher| {
            expected.push((number, matcher.reasons(number, &event)));
        });
        prop_assert_eq!(&found, &expected, "{:#?} on {}", queries, text);
        prop_assert_eq!(failure, expected_failure, "{:#?} on {}", queries, text);
        matched += found.len();
    }
    Ok(matched)
}

/// Checks random conditions over random documents, of which `matches_min` at least must match: a test in which nothing
/// meets would hold whatever the index did.
fn check_random(
    queries: impl Strategy<Value = String>,
    document: impl Strategy<Value = Json>,
    matches_min: usize,
) {
    let inputs = (prop::collection::vec(queries, 1..10), prop::collection::vec(document, 1..6));
    let matched = Cell::new(0);
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(600) });
    let outcome = runner.run(&inputs, |(queries, documents)| {
        matched.set(matched.get() + check(&queries, &documents)?);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(matches_min < matched.get(), "{} matches", matched.get());
}

#[test]
fn conditions_of_every_kind_match_alike() {
    check_random(queries::query(), queries::document(), 1_000);
}

#[test]
fn rules_of_realistic_shape_match_alike() {
    check_random(rules::query(), rules::document(), 200);
}

/// Each pair of a query and a document that it matches, and where an index could easily miss it.
#[test]
fn what_an_index_could_miss_is_found() {
    for (query, document) in [
        (r#"any where process.name : "CMD.exe""#, json!({"process.name": "cmd.EXE"})),
        (r#"any where process.name == "CMD.exe""#, json!({"process.name": "CMD.exe"})),
        (
            r#"any where process.name in~ ("A", "CmD.exe")"#,
            json!({"process.name": ["x", "cMd.exe"]}),
        ),
        (r#"any where process.name like "*KiT*""#, json!({"process.name": "aKiTb"})),
        (r#"any where process.name regex~ ".*KiT.*""#, json!({"process.name": "aKItb"})),
        (r#"any where process.name regex ".*(kit|shkit).*""#, json!({"process.name": "akitb"})),
        (r#"any where startsWith~(process.name, "KIT")"#, json!({"process.name": "kitten"})),
        // A computed text folds `K` (Kelvin) to `k`; a field does not.
        (r#"any where concat(process.name, "") : "kit""#, json!({"process.name": "\u{212a}IT"})),
        (r#"any where process.name : ("?it", "*")"#, json!({"process.name": ""})),
        (r#"any where process.name : "i?""#, json!({"process.name": "it"})),
        (r"any where process.pid == 2.0", json!({"process.pid": 2})),
        (r"any where own.number == 2", json!({"own.number": 2.0})),
        (r"any where own.double in (1, 2)", json!({"own.double": 2})),
        (r"any where own.number in (2.5, 3)", json!({"own.number": 2.5})),
        (r"any where process.pid == 1883", json!({"process.pid": "1883"})),
        (r#"any where process.name == "7""#, json!({"process.name": 7})),
        (r#"any where process.name == "cmd.exe""#, json!({"process.name": ["a", "b", "cmd.exe"]})),
        (r#"any where own.version == "1.2""#, json!({"own.version": "1.2"})),
        (r#"any where destination.ip == "10.0.0.1""#, json!({"destination.ip": "::ffff:10.0.0.1"})),
        (r#"any where own.kind == "cmd.exe""#, json!({"own.kind": null})),
        (r#"any where own.alias == "cmd.exe""#, json!({"process.name": "cmd.exe"})),
        (r"any where process.name == null", json!({})),
        (r#"any where not process.name : "kit*""#, json!({})),
        (
            r#"any where process.name == "kit" or process.args == "kit""#,
            json!({"process.args": ["kit"]}),
        ),
        (r#"any where process.name == "kit" or process.pid > 3"#, json!({"process.pid": 4})),
        (
            r#"any where not (process.name == "kit" and process.pid == 3)"#,
            json!({"process.pid": 3}),
        ),
        (
            r"any where process.name == own.text",
            json!({"process.name": ["x", "kit"], "own.text": "kit"}),
        ),
        (
            r#"any where process.name == own.text and own.text == "kit""#,
            json!({"process.name": "kit", "own.text": "kit"}),
        ),
        (r"any where process.name != own.text", json!({"process.name": "kit"})),
        (r"any where process.pid == own.number", json!({"process.pid": 2, "own.number": 2.0})),
        (
            r#"process where process.name == "kit""#,
            json!({"event.category": ["file", "process"], "process.name": "kit"}),
        ),
        (r#"any where event.category : "PROCESS""#, json!({"event.category": "process"})),
        (
            r#"any where (event.category == "file" and process.pid == 3) or event.category == "network""#,
            json!({"event.category": "network"}),
        ),
    ] {
        let matched = check(&[query.to_owned()], &[json!({}), document.clone()]).expect(query);
        assert!(2 <= matched, "{query} on {document}");
    }
}

/// Texts that begin inside each other are all found in one value, in the order of the conditions.
#[test]
fn overlapping_texts_are_all_found() {
    let queries = ["*kitten*", "*itt*", "*tens*", "kittens", "*kit*"]
        .map(|pattern| format!("any where process.name : \"{pattern}\""));
    let matched = check(&queries, &[json!({"process.name": "Kittens"})]).expect("they agree");
    assert_eq!(matched, 10, "five conditions on two runs");
}

/// A guard behind a computation that fails must not hide the failure, nor may one before it invent it.
#[test]
fn failures_are_counted_alike() {
    for query in [
        r#"any where 7 / process.pid == 7 and process.name == "kit""#,
        r#"any where process.name == "kit" and 7 / process.pid == 7"#,
        r#"any where 7 / process.pid == process.pid and process.name == "kit""#,
        r#"any where (number(process.name) == 1 or own.flag) and event.category == "file""#,
    ] {
        let documents = ["kit", "x"].map(|name| json!({"process.pid": 0, "process.name": name}));
        check(&[query.to_owned()], &documents).expect(query);
    }
}

/// More fields, categories and texts than the bounds let the fast ways have are still looked for.
#[test]
fn past_its_bounds_the_index_is_slower_and_the_same() {
    let field = |i: usize| format!("own.field{i}");
    let mut queries: Vec<String> =
        (0..100).map(|i| format!("any where {} : \"*needle{i}*\"", field(i))).collect();
    // The bound on a text falls into one of its `é`.
    let long = "é text".repeat(20);
    let texts: Vec<String> = (0..1_100).map(|i| format!("\"*{i:04}abc{long}*\"")).collect();
    for category in ["any", "file"] {
        let texts = texts.join(", ");
        queries.push(format!("{category} where process.name : ({texts}, \"*kitten*\")"));
    }
    let many: Vec<String> = (0..100).map(|i| format!("\"c{i}\"")).collect();
    queries.push(format!("any where event.category in ({}) and process.pid == 7", many.join(", ")));
    let mut document =
        json!({"event.category": ["file", "c77"], "process.name": "Kittens", "process.pid": 7});
    for i in 0..100 {
        document[field(i)] = json!(format!("a NEEDLE{i}."));
    }
    let matched = check(&queries, &[document, json!({"process.name": format!("x0777abc{long}x")})])
        .expect("they agree");
    assert_eq!(matched, 2 * (103 + 1));
}

#[test]
fn workers_share_conditions() {
    fn is_shared<T: Sync>(_: &T) {}
    is_shared(&Conditions::default());
}

/// Adding a condition after a matcher was made gives the next matcher an index that knows it.
#[test]
fn a_condition_added_later_is_found() {
    let schema = schema();
    let (mut conditions, mut projection) = (Conditions::default(), Projection::new());
    add(r#"any where process.name == "a""#, &mut conditions, &mut projection, &schema);
    let _ = Matcher::new(&conditions);
    add(r#"any where process.name == "b""#, &mut conditions, &mut projection, &schema);
    let mut event = Event::new(&projection);
    let slot = projection.slot("process.name").expect("a condition reads it");
    event.push(slot, brokerwatch_ecs::Value::Keyword("b"));
    let mut found = Vec::new();
    Matcher::new(&conditions).run(&event, |number, _| found.push(number));
    assert_eq!(found, [1]);
}
