//! The pages under `spec/eql`, through the command line.
//!
//! Rows are shown by the `event.id` of each event. A line of a table is shown as the JSON that it is, with `event.id` in
//! the place of an event. A block of kind `json` with `properties` in it is the mapping for the queries below it on its
//! page; without one, every field counts as mapped. `eql --extensions` runs a query with that option.
//!
//! Under `spec/esql`, rows are shown as the JSON that they are, and what is told beside them stands below them; that a
//! query without LIMIT gets one is left out.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::process::{Command, Stdio};

use brokerwatch_testkit::spec::{self, Case};
use serde_json::Value;

/// The exit code of a query that failed.
const ERROR: i32 = 2;

#[test]
fn pages_say_what_queries_do() {
    spec::run(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/eql"), answer);
}

#[test]
fn pages_say_what_esql_does() {
    spec::run(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/esql"), esql_answer);
}

/// The rows that an ES|QL query gives with its warnings, or what a person is told.
fn esql_answer(case: &Case) -> Result<String, String> {
    let (rows, told) = asked(case)?;
    let told = told.lines().filter(|line| !line.contains("No limit defined"));
    Ok(rows.lines().chain(told).flat_map(|line| [line, "\n"]).collect())
}

/// The ids of the events that the query gives, or what a person is told.
fn answer(case: &Case) -> Result<String, String> {
    Ok(asked(case)?.0.lines().map(shown).collect())
}

/// What the command line gives, and what it tells beside that; only the latter if it could not run.
fn asked(case: &Case) -> Result<(String, String), String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("events.ndjson"), &case.events).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(["query", "--format", "ndjson"]).args(&case.options);
    if let Some(mapping) = mapping(case) {
        std::fs::write(dir.path().join("mapping.json"), mapping).unwrap();
        command.args(["--schema", "mapping.json"]);
    }
    let command = command.arg("--").arg(&case.query).arg("events.ndjson");
    let output = command.current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(ERROR) {
        return Err(told);
    }
    Ok((String::from_utf8(output.stdout).unwrap(), told))
}

/// A line of the answer as pages show it: an event, or else a line of a table.
fn shown(row: &str) -> String {
    let mut line: Value = serde_json::from_str(row).unwrap();
    if line.get("count").is_some() && id(&line).is_none() {
        if let Some(event) = line.get_mut("event") {
            *event = id(event).into();
        }
        return format!("{line}\n");
    }
    format!("{}\n", id(&line).expect("every event has an `event.id`"))
}

fn id(event: &Value) -> Option<String> {
    event["event.id"].as_str().map(str::to_owned)
}

/// The last mapping above the query on its page.
fn mapping(case: &Case) -> Option<String> {
    let page = std::fs::read_to_string(&case.page).unwrap();
    let above: Vec<&str> = page.lines().take(case.line).collect();
    let above = above.join("\n");
    let blocks = above.split("```json\n").skip(1);
    let texts = blocks.filter_map(|block| block.split_once("```").map(|(text, _)| text));
    texts.filter(|text| text.contains("properties")).last().map(str::to_owned)
}
