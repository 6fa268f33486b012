//! The playbook of the pack: each of its queries runs as it stands, and finds what it is there to find.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

const PLAYBOOK: &str = include_str!("../../../packs/pubsub/response/playbook.md");

/// The queries of the page, each with its language.
fn queries(page: &str) -> Vec<(&str, String)> {
    let mut queries = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            queries.push((language, body.join("\n")));
        }
    }
    queries
}

/// Telemetry in which there is something for every query.
fn telemetry() -> Vec<Value> {
    let at = |minute: u32| format!("2026-03-02T08:{minute:02}:00Z");
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let host = json!({"name": "lab-03", "id": "h3"});
    let process = json!({"entity_id": "p1", "name": "beam", "executable": "/dev/shm/beam", "hash": {"sha256": hash}});
    let connection = |minute| {
        json!({
            "@timestamp": at(minute), "host": host, "process": process, "source": {"ip": "10.0.0.3"},
            "event": {"category": ["network"], "type": ["start"], "action": "connection_attempted"},
            "destination": {"ip": "203.0.113.20", "port": 1883},
        })
    };
    vec![
        json!({"@timestamp": at(0), "host": host, "process": process, "event": {"category": ["process"], "type": ["start"]}}),
        connection(1),
        connection(2),
        json!({
            "@timestamp": at(3), "host": host, "event": {"category": ["file"], "type": ["creation"]},
            "file": {"path": "/etc/systemd/system/beam.service"},
        }),
        json!({
            "@timestamp": at(4), "event": {"category": ["network"], "dataset": "zeek.mqtt_publish"}, "source": {"ip": "10.0.0.3"},
            "destination": {"ip": "203.0.113.20"}, "zeek": {"mqtt": {"topic": "agents/7b3f/status"}},
        }),
        json!({
            "@timestamp": at(5), "event": {"category": ["network"], "dataset": "zeek.mqtt_connect"}, "source": {"ip": "10.0.0.3"},
            "destination": {"ip": "203.0.113.20"}, "zeek": {"mqtt": {"client_id": "agent-0123456789abcdef0123"}},
        }),
        json!({
            "@timestamp": at(6), "host": {"name": "gw-01"}, "process": {"name": "mosquitto"},
            "event": {"category": ["network"], "action": "connection_attempted"}, "destination": {"ip": "203.0.113.21", "port": 1883},
        }),
    ]
}

#[test]
fn every_query_of_the_playbook_runs_and_finds() {
    let folder = tempfile::tempdir().unwrap();
    let events: String =
        telemetry().iter().flat_map(|event| [event.to_string(), "\n".to_owned()]).collect();
    std::fs::write(folder.path().join("events.ndjson"), events).unwrap();
    let queries = queries(PLAYBOOK);
    assert!(10 <= queries.len(), "the queries of the page were not found");
    for (language, query) in queries {
        assert!(matches!(language, "eql" | "esql"), "a block of `{language}` is not run");
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        command.current_dir(folder.path()).env_clear().stdin(Stdio::null());
        command.args([
            "query",
            "--lang",
            language,
            "--format",
            "ndjson",
            "--",
            &query,
            "events.ndjson",
        ]);
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "finds nothing:\n{query}\n{told}");
        assert!(!told.contains("error"), "{query}\n{told}");
    }
}

#[test]
fn the_weights_of_the_example_give_its_risk() {
    let weight = |evidence: &str| -> f64 {
        let row =
            PLAYBOOK.lines().find(|line| line.starts_with(&format!("| {evidence} |"))).unwrap();
        row.rsplit('|').nth(1).unwrap().trim().parse().unwrap()
    };
    let rest: f64 = [
        "name of a known client, other path, hash or signer",
        "connection to a broker's port on a public address",
        "name of a public or hosted broker",
        "regular connections",
    ]
    .iter()
    .map(|evidence| 1.0 - weight(evidence))
    .product();
    let risk = (100.0 * (1.0 - rest)).round();
    assert!(PLAYBOOK.contains(&format!("= {risk}.")), "the example comes to {risk}");
}
