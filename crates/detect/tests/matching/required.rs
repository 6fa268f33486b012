//! What conditions require of a record is in every record that makes one of them true.

use std::cell::Cell;

use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{AnyOf, Projection, Required, RequiredValue};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Json;

use crate::reader::Document;
use crate::{add, queries, rules, schema};

fn compile(queries: &[String]) -> (Conditions, Projection) {
    let schema = schema();
    let (mut conditions, mut projection) = (Conditions::default(), Projection::new());
    queries.iter().for_each(|query| add(query, &mut conditions, &mut projection, &schema));
    (conditions, projection)
}

/// Whether a value stands in a record that has no escapes where it matters.
fn holds(record: &str, value: &RequiredValue) -> bool {
    match value {
        RequiredValue::Text { text, any_case: false } => record.contains(text),
        RequiredValue::Text { text, any_case: true } => {
            record.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
        }
        RequiredValue::Long(number) => record.contains(&number.to_string()),
    }
}

/// Gives how many clauses of matching records there were.
fn check(queries: &[String], documents: &[Json]) -> Result<usize, TestCaseError> {
    let (conditions, projection) = compile(queries);
    let Some(Required { all_of }) = conditions.required() else { return Ok(0) };
    let mut matcher = Matcher::new(&conditions);
    let mut held = 0;
    for document in documents {
        let record = document.to_string();
        let read = Document::new(document);
        let event = read.event(&projection);
        let mut matched = false;
        matcher.run_every(&event, |_, _| matched = true);
        for AnyOf { values } in all_of.iter().filter(|_| matched) {
            let some = values.iter().any(|value| holds(&record, value));
            prop_assert!(some, "{values:?} of {queries:#?} not in {record}");
            held += 1;
        }
    }
    Ok(held)
}

fn check_random(
    queries: impl Strategy<Value = String>,
    document: impl Strategy<Value = Json>,
    clauses_min: usize,
) {
    let inputs = (prop::collection::vec(queries, 1..4), prop::collection::vec(document, 1..8));
    let held = Cell::new(0);
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(2_500) });
    let outcome = runner.run(&inputs, |(queries, documents)| {
        held.set(held.get() + check(&queries, &documents)?);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(clauses_min < held.get(), "{} clauses held", held.get());
}

#[test]
fn conditions_of_every_kind_require_what_matching_records_hold() {
    check_random(queries::query(), queries::document(), 200);
}

#[test]
fn rules_of_realistic_shape_require_what_matching_records_hold() {
    check_random(rules::query(), rules::document(), 200);
}

/// The clauses as text: `a` is a text, `a~` one in any case, `#1` a number.
#[track_caller]
fn check_required(queries: &[&str], expected: Option<&[&str]>) {
    let (conditions, _) =
        compile(&queries.iter().map(|query| (*query).to_owned()).collect::<Vec<_>>());
    let shown = |value: &RequiredValue| match value {
        RequiredValue::Text { text, any_case } => {
            format!("{text}{}", if *any_case { "~" } else { "" })
        }
        RequiredValue::Long(number) => format!("#{number}"),
    };
    let found: Option<Vec<String>> = conditions.required().map(|required| {
        let clauses = required.all_of.iter();
        clauses
            .map(|clause| clause.values.iter().map(shown).collect::<Vec<_>>().join(" | "))
            .collect()
    });
    let found: Option<Vec<&str>> =
        found.as_ref().map(|clauses| clauses.iter().map(String::as_str).collect());
    assert_eq!(found.as_deref(), expected, "{queries:?}");
}

#[test]
fn clauses_come_from_what_must_be_true_the_rarest_first() {
    check_required(
        &[
            r#"network where event.action == "connection_attempted" and destination.port in (8883, 1883)
             and process.name : "mosquitto_*" and not process.args : "--help""#,
        ],
        Some(&["mosquitto_~", "#1883 | #8883", "connection_attempted", "network"]),
    );
    check_required(
        &[r#"any where process.name == "kitten" or process.args : "*mitten*sit*""#],
        Some(&["kitten | mitten~"]),
    );
    check_required(&[r#"any where process.name == "kitten" or process.pid > 3"#], None);
    check_required(&[r#"any where process.name != "kitten" or process.name == null"#], None);
    check_required(&[r#"any where concat(process.name, "x") == "kitten""#], None);
    check_required(&["any where process.name == process.args"], None);
    check_required(
        &[r#"any where process.name == process.args and process.args == "kitten""#],
        Some(&["kitten"]),
    );
    check_required(&[r#"any where process.name regex~ ".*(cat|kit)ten.*""#], Some(&["tten~"]));
    check_required(&[r#"any where startsWith(process.name, "kit/tens")"#], Some(&["tens"]));
}

#[test]
fn fields_that_documents_write_otherwise_require_nothing() {
    check_required(&[r#"any where own.kind == "kitten""#], None);
    check_required(&[r#"any where own.alias == "kitten""#], None);
    check_required(&[r#"any where own.version == "1.2.3""#], None);
    check_required(&[r#"any where destination.ip == "10.0.0.1""#], None);
    check_required(&["any where own.double == 1883"], None);
    check_required(&[r#"any where @timestamp == "2026-01-01""#], None);
    check_required(&["any where own.number == 1883"], Some(&["#1883"]));
    check_required(&[r#"any where process.name == "1883""#], None);
}

#[test]
fn many_conditions_require_the_best_of_each_or_nothing() {
    let kitten = r#"process where process.name == "kitten""#;
    let port = "network where destination.port == 1883";
    check_required(&[kitten, port, kitten], Some(&["kitten | #1883", "kitten | network"]));
    check_required(
        &[port, "network where destination.port == 8883"],
        Some(&["#1883 | #8883", "network"]),
    );
    check_required(&[kitten, "any where process.pid > 3"], None);
    check_required(&[], None);
    let many = |count: usize| {
        (0..count).map(|i| format!("any where process.name == \"kitten{i}\"")).collect::<Vec<_>>()
    };
    assert!(
        compile(&many(64))
            .0
            .required()
            .is_some_and(|required| required.all_of[0].values.len() == 64)
    );
    assert_eq!(compile(&many(65)).0.required(), None);
    assert_eq!(compile(&many(500)).0.required(), None);
}
