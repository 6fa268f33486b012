//! Zeek's logs as others recorded them: counts of a program that shares nothing with this one, and what Elastic's own
//! pipeline gives.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use brokerwatch_ingest::normalise::Kind;
use common::Outcome;
use serde_json::{Map, Value};

/// What the official documents have and ours do not, or the other way round.
const IGNORED: &[(&str, &str)] = &[
    ("source.geo.", "comes from a database of places"),
    ("destination.geo.", "comes from a database of places"),
    ("source.as.", "comes from a database of networks"),
    ("destination.as.", "comes from a database of networks"),
    ("tags", "says how the shipper was set up"),
    ("ecs.version", "is the pipeline's"),
    ("event.ingested", "is when the document was stored"),
    ("event.created", "is when the shipper read the line"),
    ("event.original", "is asked for apart"),
    ("event.module", "is set by the shipper, outside of the pipeline"),
    ("event.dataset", "is set by the shipper, outside of the pipeline"),
];

#[test]
fn connections_become_what_elastics_pipeline_gives() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/zeek") else { return };
    let (_, outcomes) =
        common::read(&common::bytes(&corpus.join("elastic-conn-first5.log")), Kind::Elastic);
    let expected = common::bytes(&corpus.join("elastic-conn-first5.log-expected.json"));
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let expected = expected["expected"].as_array().unwrap();
    assert_eq!(outcomes.len(), expected.len());
    let ignored = |name: &str| IGNORED.iter().any(|(field, _)| name.starts_with(field));
    for (expected, outcome) in expected.iter().zip(outcomes) {
        let differences =
            common::differences(expected.as_object().unwrap(), &outcome.unwrap(), ignored);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

#[test]
fn rows_states_services_and_defects_are_counted_as_by_others() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry") else { return };
    let facts: Value = serde_json::from_slice(&common::bytes(&corpus.join("facts.json"))).unwrap();
    let mut files = 0;
    for facts in facts.as_array().unwrap() {
        let file = facts["file"].as_str().unwrap();
        if !file.starts_with("zeek/") {
            continue;
        }
        files += 1;
        let (source, outcomes) = common::read(&input(&corpus, facts), Kind::Elastic);
        let documents: Vec<_> = outcomes.iter().flatten().collect();
        let defects = outcomes.len() - documents.len();
        assert_eq!(documents.len() as u64, facts["rows"], "{file}: rows as {}", source.name);
        let unreadable = facts["unreadable_rows"].as_u64().unwrap();
        let headers = OTHERS_ROWS.iter().find(|(of, _)| *of == file).map_or(0, |(_, count)| *count);
        assert_eq!(defects as u64 + headers, unreadable, "{file}: rows that cannot be read");
        assert_eq!(counts(&documents, "zeek.connection.state"), facts["by_conn_state"], "{file}");
        if !file.contains("mqtt_") {
            assert_eq!(counts(&documents, "network.protocol"), facts["by_service"], "{file}");
        }
        let brokers: Vec<&Map<String, Value>> = documents
            .iter()
            .copied()
            .filter(|document| {
                let port = common::field(document, "destination.port");
                BROKER_PORTS.contains(&port.as_str())
            })
            .collect();
        assert_eq!(counts(&brokers, "destination.port"), facts["broker_port_rows"], "{file}");
    }
    assert_eq!(files, 15, "files of Zeek in the list of facts");
}

/// What the other program takes for a row that cannot be read, and is none: the header of this file has a tab in front.
const OTHERS_ROWS: [(&str, u64); 1] = [("zeek/slips/test10_conn.log", 1)];

const BROKER_PORTS: [&str; 9] =
    ["1883", "8883", "5222", "5223", "5269", "5671", "5672", "61613", "61614"];

fn input(corpus: &Path, facts: &Value) -> Vec<u8> {
    let path = corpus.join(facts["file"].as_str().expect("each fact names its file"));
    match facts["member"].as_str() {
        Some(member) => common::member(&path, member),
        None if path.extension().is_some_and(|end| end == "gz") => common::gzip(&path),
        None => common::bytes(&path),
    }
}

/// How often each value of a field is met; `None` stands for no value, as in the list of facts.
fn counts(documents: &[&Map<String, Value>], name: &str) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for document in documents {
        let text = common::field(document, name);
        *counts.entry(if text.is_empty() { "None".to_owned() } else { text }).or_default() += 1;
    }
    serde_json::to_value(counts).expect("names and numbers are JSON")
}

#[test]
fn mqtt_logs_keep_topics_and_clients() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/zeek/btest") else { return };
    let column = |file: &str, name: &str| -> Vec<String> {
        let (_, outcomes) = common::read(&common::bytes(&corpus.join(file)), Kind::Defend);
        outcomes.into_iter().map(|outcome| common::field(&outcome.unwrap(), name)).collect()
    };
    assert_eq!(
        column("mqtt_connect.log", "zeek.mqtt.client_id"),
        ["paho/34AAE54A75D839566E", "paho/DDE4DDAF4108D3E363"]
    );
    assert_eq!(column("mqtt_connect.log", "event.outcome"), ["success", "success"]);
    assert_eq!(column("mqtt_connect.log", "event.action"), ["mqtt_connect", "mqtt_connect"]);
    assert_eq!(column("mqtt_publish.log", "zeek.mqtt.topic"), ["SampleTopic"; 3]);
    assert_eq!(column("mqtt_publish.log", "zeek.mqtt.from_client"), ["false", "true", "false"]);
    assert_eq!(column("mqtt_publish.log", "zeek.mqtt.payload_len"), ["35", "10", "10"]);
    assert_eq!(column("mqtt_subscribe.log", "zeek.mqtt.topic"), ["SampleTopic"]);
    assert_eq!(column("mqtt_subscribe.log", "network.protocol"), ["mqtt"]);
    assert_eq!(column("xmpp-starttls.conn.log", "network.protocol"), ["ssl xmpp"]);
    // The times of these files are masked.
    assert_eq!(column("xmpp-starttls.conn.log", "@timestamp"), [""]);
}

/// Every row to a broker port of these three days is a scan from the internet that was rejected: none is an attempt.
#[test]
fn scans_of_a_public_host_are_no_attempts() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/zeek/rita") else { return };
    let mut scans = 0;
    for file in [
        "2024-04-19_conn.160000-170000.log.gz",
        "2024-04-20_conn.020000-030000.log.gz",
        "2024-04-21_conn.020000-030000.log.gz",
        "2024-04-21_conn.060000-070000.log.gz",
    ] {
        let (_, outcomes) = common::read(&common::gzip(&corpus.join(file)), Kind::Defend);
        for document in outcomes.into_iter().map(Outcome::unwrap) {
            let value = |name: &str| common::field(&document, name);
            if BROKER_PORTS.contains(&value("destination.port").as_str()) {
                scans += 1;
                assert_eq!(value("event.action"), "", "{document:?}");
            }
        }
    }
    assert_eq!(scans, 16, "rows to broker ports");
}

#[test]
fn every_log_of_a_sensor_is_read() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/zeek") else { return };
    for (archive, source, logs) in [
        (
            "NASHUA-zeek_logs.zip",
            "zeek-json-stream",
            &["dns", "files", "kerberos", "notice", "smb_files", "ssl", "weird", "x509"][..],
        ),
        (
            "metasploit_logonpasswords_lsass_memory_dump_zeek_logs.zip",
            "zeek-table",
            &["dns", "files", "http", "kerberos", "ssl", "weird", "x509"],
        ),
    ] {
        for log in logs {
            let input = common::member(&corpus.join(archive), &format!("{log}.log"));
            let (told, outcomes) = common::read(&input, Kind::Defend);
            assert_eq!(told.name, source, "{log}");
            assert!(!outcomes.is_empty(), "{log}");
            for outcome in outcomes {
                let document = outcome.unwrap_or_else(|why| panic!("{archive} {log}: {why}"));
                assert_eq!(common::field(&document, "event.dataset"), format!("zeek.{log}"));
                assert_ne!(common::field(&document, "@timestamp"), "", "{log}");
                assert_eq!(common::field(&document, "event.action"), "", "{log}");
            }
        }
    }
}
