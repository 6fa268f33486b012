//! Sequences through the command line: what alerts look like, and that neither threads, nor the order of the input, nor
//! the way it comes changes an answer.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const RULE: &str = r#"
[metadata]
creation_date = "2026/01/15"
maturity = "production"
updated_date = "2026/01/15"

[rule]
author = ["Brokerwatch"]
description = "A rule of a test."
from = "now-9m"
index = ["logs-*"]
interval = "5m"
language = "eql"
license = "Apache-2.0"
name = "Started, then connected"
risk_score = 47
rule_id = "00000000-0000-4000-8000-000000000001"
severity = "medium"
type = "eql"

query = '''
sequence by host.name with maxspan=10s
  [process where event.type == "start"]
  [network where destination.port == 1883]
'''
"#;

/// Events of a few hosts, a second apart, of which every host has pairs.
fn events(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            let (host, second) = (n % 7, n / 7);
            let time = format!(
                "2026-03-01T{:02}:{:02}:{:02}Z",
                second / 3600,
                second / 60 % 60,
                second % 60
            );
            let what = if second % 3 == 0 {
                r#""event":{"category":"process","type":"start"}"#.to_owned()
            } else {
                format!(
                    r#""event":{{"category":"network"}},"destination":{{"port":{}}}"#,
                    1883 + second % 2
                )
            };
            format!(r#"{{"@timestamp":"{time}","n":{n},"host":{{"name":"h{host}"}},{what}}}"#)
        })
        .collect()
}

fn write(path: &Path, lines: &[String]) {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    std::fs::write(path, text).unwrap();
}

fn brokerwatch(args: &[&str], input: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.map(|path| std::fs::read(path).unwrap()).unwrap_or_default();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&bytes)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn rule(folder: &Path, more: &str) -> PathBuf {
    let path = folder.join("rule.toml");
    std::fs::write(&path, format!("{RULE}{more}")).unwrap();
    path
}

/// The alerts of a scan.
fn scan(rule: &Path, data: &Path, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["scan", data.to_str().unwrap(), "--rules", rule.to_str().unwrap()];
    args.extend(["--format", "ndjson"]);
    args.extend(more);
    let output = brokerwatch(&args, None);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_shell(alert: &Value) -> bool {
    alert["brokerwatch"]["alert"]["sequence"].is_object()
}

#[test]
fn a_sequence_is_a_shell_and_a_building_block_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let rule = rule(folder.path(), "");
    let data = folder.path().join("events.ndjson");
    // The first and the third second of one host.
    let lines: Vec<String> = events(21).into_iter().step_by(7).collect();
    write(&data, &lines);
    let alerts = scan(&rule, &data, &[]);
    assert_eq!(alerts.len(), 3, "{alerts:?}");
    let (shell, blocks) = alerts.split_first().unwrap();
    assert_eq!(shell["brokerwatch"]["alert"]["sequence"]["join_keys"], serde_json::json!(["h0"]));
    assert_eq!(shell["host"]["name"], "h0", "what all events share is in the shell");
    assert!(shell["n"].is_null(), "and nothing else is");
    assert_eq!(shell["@timestamp"], "2026-03-01T00:00:02Z".replace("02Z", "02.000Z"));
    let group = &shell["brokerwatch"]["alert"]["id"];
    for (index, (block, n)) in blocks.iter().zip([0, 14]).enumerate() {
        let own = &block["brokerwatch"]["alert"];
        assert_eq!((&own["group"]["id"], &own["group"]["index"]), (group, &Value::from(index)));
        assert_eq!(own["building_block_type"], "default");
        assert_eq!(block["n"], n);
        assert!(!own["reasons"].as_array().unwrap().is_empty(), "a block says why it belongs");
        let listed = &shell["brokerwatch"]["alert"]["sequence"]["events"][index]["alert"];
        assert_eq!(*listed, own["id"], "the shell names its blocks");
    }
}

#[test]
fn threads_and_files_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rule = rule(folder.path(), "");
    // Large enough for several chunks; in two files whose events lie between each other.
    let lines = events(14_000);
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for (name, part) in [("a.ndjson", 0), ("b.ndjson", 1)] {
        let own: Vec<String> = lines
            .iter()
            .enumerate()
            .filter(|(n, _)| n / 7 % 2 == part)
            .map(|(_, l)| l.clone())
            .collect();
        write(&data.join(name), &own);
    }
    let one = scan(&rule, &data, &["--threads", "1"]);
    assert!(1000 < one.iter().filter(|alert| is_shell(alert)).count());
    assert!(scan(&rule, &data, &["--threads", "4"]) == one, "4 threads give something else");
}

#[test]
fn suppressed_alerts_are_counted_in_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let suppression = "\n[rule.alert_suppression]\ngroup_by = [\"host.name\"]\nduration = { value = 1, unit = \"h\" }\n";
    let data = folder.path().join("events.ndjson");
    write(&data, &events(7 * 60));
    let plain = scan(&rule(folder.path(), ""), &data, &[]);
    let shells = plain.iter().filter(|alert| is_shell(alert)).count();
    let suppressed = scan(&rule(folder.path(), suppression), &data, &[]);
    let kept: Vec<&Value> = suppressed.iter().filter(|alert| is_shell(alert)).collect();
    assert_eq!(kept.len(), 7, "one for each host");
    let counted: u64 = kept
        .iter()
        .map(|alert| alert["brokerwatch"]["alert"]["suppression"]["docs_count"].as_u64().unwrap())
        .sum();
    assert_eq!(counted as usize + kept.len(), shells);
}

#[test]
fn a_query_answers_alike_whatever_the_order_and_the_way_of_the_input() {
    let folder = tempfile::tempdir().unwrap();
    // More than is put in order without sorting, so that the reversed file has to be read again.
    let padding = "x".repeat(1500);
    let lines: Vec<String> = events(14_000)
        .iter()
        .map(|line| line.replacen('{', &format!(r#"{{"padding":"{padding}","#), 1))
        .collect();
    let [straight, reversed] =
        ["straight.ndjson", "reversed.ndjson"].map(|name| folder.path().join(name));
    write(&straight, &lines);
    let turned: Vec<String> = lines.into_iter().rev().collect();
    write(&reversed, &turned);
    let query = r#"sequence by host.name with maxspan=10s [process where event.type == "start"] [network where destination.port == 1883]"#;
    let answer = |path: &str, input: Option<&Path>| {
        let ties = ["--tiebreaker-field", "n", "--size", "100000"];
        let args = ["query", "--format", "json", "--id-field", "n", query, path];
        let args: Vec<&str> = args.into_iter().chain(ties).collect();
        let output = brokerwatch(&args, input);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = answer(straight.to_str().unwrap(), None);
    assert!(1000 < expected.matches("join_keys").count());
    assert!(answer(reversed.to_str().unwrap(), None) == expected, "another order, another answer");
    assert!(answer("-", Some(&straight)) == expected, "another way, another answer");
}

#[test]
fn of_events_at_one_time_the_first_to_come_is_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let rule = rule(folder.path(), "");
    let data = folder.path().join("events.ndjson");
    let event = |what: &str| {
        format!(r#"{{"@timestamp":"2026-03-01T00:00:00Z","host":{{"name":"h"}},{what}}}"#)
    };
    let start = event(r#""event":{"category":"process","type":"start"}"#);
    let connection = event(r#""event":{"category":"network"},"destination":{"port":1883}"#);
    write(&data, &[start.clone(), connection.clone()]);
    assert_eq!(scan(&rule, &data, &[]).len(), 3);
    write(&data, &[connection, start]);
    assert_eq!(scan(&rule, &data, &[]).len(), 0);
}
