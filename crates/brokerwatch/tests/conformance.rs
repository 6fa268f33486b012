//! The EQL conformance cases, in place, through the command line.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reports to its runner and stops at what it did not expect"
)]

use std::process::Command;

use brokerwatch_testkit::{eql_corpus, shared};

/// Why a case is left out; `None` if it must give the expected answer.
fn left_out(file: &str) -> Option<&'static str> {
    (file == "test_failing_shards").then_some("there are no shards to fail")
}

#[test]
fn queries_give_the_expected_events() {
    let Some(corpus) = shared("corpora/eql") else { return };
    let (mut wrong, mut ran, mut skipped) = (Vec::new(), 0, 0);
    for keyword in ["keyword", "wildcard"] {
        for case in eql_corpus::load(&corpus) {
            if let Some(why) = left_out(&case.file) {
                println!("left out: {} {}: {why}", case.file, case.name);
                skipped += 1;
                continue;
            }
            ran += 1;
            let (found, keys) = run(&case, keyword, &corpus);
            if !case.expected.contains(&found) {
                wrong.push(format!(
                    "{} {}: {found:?}, expected {:?}",
                    case.file, case.name, case.expected
                ));
            } else if case.join_keys.as_ref().is_some_and(|expected| *expected != keys) {
                wrong.push(format!(
                    "{} {}: join keys {keys:?}, expected {:?}",
                    case.file, case.name, case.join_keys
                ));
            }
        }
    }
    println!("{ran} cases ran, {skipped} were left out");
    assert!(280 < ran, "nearly all cases are there");
    assert!(wrong.is_empty(), "{} of {ran} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The ids of the events and the join keys of an answer.
fn run(
    case: &eql_corpus::Case,
    keyword: &str,
    corpus: &std::path::Path,
) -> (Vec<i64>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(["query", "--format", "json", "--size", &case.size.to_string()]);
    command.args(["--max-samples-per-key", &case.max_samples_per_key.to_string()]);
    command.args(["--id-field", case.data.id_field]);
    if let Some(tiebreaker) = case.data.tiebreaker {
        command.args(["--tiebreaker-field", tiebreaker]);
    }
    for name in case.data.sets {
        let data = eql_corpus::write_dataset(corpus, name, keyword, dir.path());
        command.arg("--source").arg(format!("{name}={}", data.events.display()));
        command.arg("--schema").arg(format!("{name}={}", data.mapping.display()));
    }
    let output = command.arg("--").arg(&case.query).output().unwrap();
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
        println!("{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
        return (vec![i64::MIN], Vec::new());
    };
    let id = |event: &serde_json::Value| match event["missing"].as_bool() {
        Some(true) => -1,
        _ => event["_id"].as_str().unwrap().parse().unwrap(),
    };
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let mut ids: Vec<i64> = list(&answer["hits"]["events"]).iter().map(id).collect();
    let mut keys = Vec::new();
    for sequence in list(&answer["hits"]["sequences"]) {
        ids.extend(list(&sequence["events"]).iter().map(id));
        keys.extend(list(&sequence["join_keys"]).iter().map(|key| match key.as_str() {
            Some(text) => text.to_owned(),
            None => key.to_string(),
        }));
    }
    (ids, keys)
}

#[test]
fn constant_expressions_have_the_expected_value() {
    let Some(corpus) = shared("corpora/eql") else { return };
    let schema = brokerwatch_ecs::Schema::open();
    let (mut ran, mut wrong) = (0, Vec::new());
    for case in eql_corpus::unit_cases(&corpus) {
        ran += 1;
        let found = brokerwatch_eql::parse_expression(&case.expression)
            .and_then(|ast| brokerwatch_eql::lower::lower_expression(&ast, &schema))
            .map(|expr| expr.to_string());
        let right = match (&case.expected, &found) {
            (eql_corpus::UnitExpected::Refused, Err(_)) => true,
            (eql_corpus::UnitExpected::Null, Ok(text)) => text == "null",
            (eql_corpus::UnitExpected::Value(value), Ok(text)) => {
                serde_json::from_str(text).is_ok_and(|found: serde_json::Value| found == *value)
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{}: {found:?}, expected {:?}", case.expression, case.expected));
        }
    }
    assert!(30 < ran, "{ran} constant expressions ran");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
