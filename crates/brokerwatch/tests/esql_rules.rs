//! ES|QL rules in `scan`: windows of time, one run over everything, alerts that are one, and queries that are wrong.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RULE: &str = r#"[metadata]
creation_date = "2026/01/01"
integration = ["endpoint"]
maturity = "production"
updated_date = "2026/01/01"

[rule]
author = ["Brokerwatch"]
description = "Counts."
from = "now-9m"
interval = "5m"
language = "esql"
license = "Apache-2.0"
name = "Counts"
risk_score = 47
rule_id = "0b8a8a30-3d0e-4c8e-9a41-5a4e0d0e1f01"
severity = "medium"
type = "esql"
query = '''
QUERY
'''
"#;

/// Two events in the first minutes, a third two hours later.
const EVENTS: &str = r#"{"@timestamp":"2026-01-01T00:01:10Z","host":{"name":"a"},"destination":{"port":1883}}
{"@timestamp":"2026-01-01T00:01:40Z","host":{"name":"a"},"destination":{"port":1883}}
{"@timestamp":"2026-01-01T02:00:00Z","host":{"name":"a"},"destination":{"port":1883}}
"#;

const COUNT: &str =
    "FROM logs-* | WHERE destination.port == 1883 | STATS n = COUNT(*) BY host.name | WHERE n > 1";

/// The alerts of a rule with this query, the exit code, and what was told.
fn scan(query: &str, options: &[&str]) -> (Vec<Value>, i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("rule.toml"), RULE.replace("QUERY", query)).unwrap();
    std::fs::write(at("events.ndjson"), EVENTS).unwrap();
    run(&at("rule.toml"), &at("events.ndjson"), options)
}

fn run(rule: &Path, events: &Path, options: &[&str]) -> (Vec<Value>, i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(["scan", "--format", "ndjson"])
        .args(options)
        .arg("--rules")
        .arg(rule)
        .arg("--")
        .arg(events)
        .output()
        .unwrap();
    let alerts = String::from_utf8(output.stdout).unwrap();
    let alerts = alerts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (alerts, output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_rule_that_counts_sees_the_rows_of_its_window_only() {
    let (alerts, code, told) = scan(COUNT, &[]);
    // The run at 00:05 and that at 00:10 both see the two events: one alert. The third is alone in its windows.
    assert_eq!((alerts.len(), code), (1, 1), "{told}");
    assert_eq!(alerts[0]["n"], 2);
    assert_eq!(alerts[0]["host"]["name"], "a");
    assert_eq!(alerts[0]["@timestamp"], "2026-01-01T00:05:00.000Z");
    assert_eq!(alerts[0]["brokerwatch"]["alert"]["window"]["to"], "2026-01-01T00:05:00.000Z");
}

#[test]
fn once_is_one_run_over_everything() {
    let (alerts, code, told) = scan(COUNT, &["--once"]);
    assert_eq!((alerts.len(), code), (1, 1), "{told}");
    assert_eq!(alerts[0]["n"], 3);
}

#[test]
fn now_is_the_end_of_the_window() {
    let (alerts, ..) = scan(
        "FROM logs-* | WHERE @timestamp > NOW() - 4 minutes | STATS n = COUNT(*) BY host.name",
        &[],
    );
    let counts: Vec<&Value> = alerts.iter().map(|alert| &alert["n"]).collect();
    // At 00:05 both are younger than four minutes, at 02:05 the third is older.
    assert_eq!(counts, [2]);
}

#[test]
fn a_rule_that_gives_events_gives_each_once() {
    let query = "FROM logs-* METADATA _id, _index, _version | WHERE destination.port == 1883";
    let (alerts, code, told) = scan(query, &[]);
    assert_eq!((alerts.len(), code), (3, 1), "{told}");
    let (again, ..) = scan(query, &["--once"]);
    assert_eq!(again.len(), 3);
}

#[test]
fn a_query_that_is_wrong_is_told_at_its_place_in_the_file() {
    let (alerts, code, told) = scan("FROM logs-* | WHERE destination.port = 1883", &[]);
    assert_eq!((alerts.len(), code), (0, 2));
    assert!(told.contains("ESQL011") && told.contains("rule.toml:20:38"), "{told}");
}

/// Alerts of a rule with this suppression: the number of each, and for how many others it stands.
fn suppressed(query: &str, suppression: &str) -> Vec<(i64, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rule = format!("{}[rule.alert_suppression]\n{suppression}", RULE.replace("QUERY", query));
    std::fs::write(at("rule.toml"), rule).unwrap();
    // Not in the order of time; the last has no host.
    let events = [
        (1, "00:00", "\"a\""),
        (4, "00:50", "\"a\""),
        (2, "00:20", "\"b\""),
        (3, "00:10", "\"a\""),
    ];
    let all = events.iter().chain(&[(5, "00:55", "null"), (6, "00:56", "null")]);
    let text: Vec<String> = all
        .map(|(n, minute, host)| {
            format!(
                r#"{{"@timestamp":"2026-01-01T{minute}:00Z","n":{n},"host":{{"name":{host}}}}}"#
            )
        })
        .collect();
    std::fs::write(at("events.ndjson"), text.join("\n")).unwrap();
    let (alerts, code, told) = run(&at("rule.toml"), &at("events.ndjson"), &[]);
    assert_eq!(code, 1, "{told}");
    let stands_for = |alert: &Value| {
        alert["brokerwatch"]["alert"]["suppression"]["docs_count"].as_u64().unwrap_or_default()
    };
    alerts.iter().map(|alert| (alert["n"].as_i64().unwrap(), stands_for(alert))).collect()
}

#[test]
fn an_alert_stands_for_others_of_its_group_while_its_window_is_open() {
    let query = "FROM logs-* | KEEP @timestamp, n, host.name";
    let by_host = "group_by = [\"host.name\"]\n";
    let hour = "duration = { value = 1, unit = \"h\" }\n";
    let half = "duration = { value = 30, unit = \"m\" }\n";
    // Rows that lack the host are a group of their own.
    assert_eq!(suppressed(query, &format!("{by_host}{hour}")), [(1, 2), (2, 0), (5, 1)]);
    assert_eq!(suppressed(query, &format!("{by_host}{half}")), [(1, 1), (2, 0), (4, 0), (5, 1)]);
    let strategy = "missing_fields_strategy = \"doNotSuppress\"\n";
    let alone = suppressed(query, &format!("{by_host}{hour}{strategy}"));
    assert_eq!(alone, [(1, 2), (2, 0), (5, 0), (6, 0)]);
    // Without a duration a group is open for one interval of the rule, five minutes.
    let of_run = suppressed(query, by_host);
    assert_eq!(of_run, [(1, 0), (3, 0), (2, 0), (4, 0), (5, 1)]);
    // Rows that aggregate count when the rule ran: hosts `a` of 00:15 and 00:55 are 40 minutes apart.
    let counting = "FROM logs-* | WHERE host.name IS NOT NULL | STATS n = MAX(n) BY host.name";
    assert_eq!(suppressed(counting, &format!("{by_host}{half}")).len(), 3);
    assert_eq!(suppressed(counting, &format!("{by_host}{hour}")), [(1, 2), (2, 0)]);
}
