//! The EQL conformance cases, in place, through the command line.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reports to its runner and stops at what it did not expect"
)]

use std::process::Command;

use brokerwatch_testkit::{eql_corpus, shared};

/// Why a case does not run in this version; `None` if it must give the expected answer.
fn left_out(query: &str, file: &str) -> Option<&'static str> {
    let code: String = query
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ");
    match code.split_whitespace().next() {
        Some("sequence") => Some("sequences do not run yet"),
        Some("sample") => Some("samples do not run yet"),
        _ if file == "test_failing_shards" => Some("there are no shards to fail"),
        _ => None,
    }
}

#[test]
fn event_cases_give_the_expected_events() {
    let Some(corpus) = shared("corpora/eql") else { return };
    let (mut wrong, mut ran, mut skipped) = (Vec::new(), 0, 0);
    for keyword in ["keyword", "wildcard"] {
        for case in eql_corpus::load(&corpus) {
            if let Some(why) = left_out(&case.query, &case.file) {
                println!("left out: {} {}: {why}", case.file, case.name);
                skipped += 1;
                continue;
            }
            ran += 1;
            let found = run(&case, keyword, &corpus);
            if !case.expected.contains(&found) {
                wrong.push(format!(
                    "{} {}: {found:?}, expected {:?}",
                    case.file, case.name, case.expected
                ));
            }
        }
    }
    println!("{ran} cases ran, {skipped} were left out");
    assert!(100 < ran, "most event cases are there");
    assert!(wrong.is_empty(), "{} of {ran} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn run(case: &eql_corpus::Case, keyword: &str, corpus: &std::path::Path) -> Vec<i64> {
    let dir = tempfile::tempdir().unwrap();
    let data = eql_corpus::write_dataset(corpus, case.data.sets[0], keyword, dir.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(["query", "--format", "json", "--size", &case.size.to_string()]);
    command.args(["--id-field", case.data.id_field]);
    if let Some(tiebreaker) = case.data.tiebreaker {
        command.args(["--tiebreaker-field", tiebreaker]);
    }
    command.arg("--schema").arg(&data.mapping).arg("--").arg(&case.query).arg(&data.events);
    let output = command.output().unwrap();
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
        println!("{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
        return vec![i64::MIN];
    };
    let events = answer["hits"]["events"].as_array().unwrap();
    events.iter().map(|event| event["_id"].as_str().unwrap().parse().unwrap()).collect()
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
