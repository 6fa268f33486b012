//! The ES|QL of the packs, through the command line: the rule that counts, held to its twin in EQL event by event, and
//! every hunt over events in which there is something to find.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

const PACKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/events");
const SINGLE: &str = "seed/rules/command_and_control_outbound_pubsub_protocol_connection.toml";
const REPEATED: &str = "seed/rules/command_and_control_repeated_pubsub_protocol_connections.toml";

/// The exit code of a query that gave rows.
const FOUND: i32 = 1;

/// The query of a rule of the pack.
fn query_of(rule: &str) -> String {
    let text = std::fs::read_to_string(Path::new(PACKS).join(rule)).unwrap();
    let (_, query) = text.rsplit_once("\nquery = '''\n").unwrap();
    query.split_once("'''").unwrap().0.to_owned()
}

/// The rows that a query gives, and what it tells beside them.
#[track_caller]
fn ask(query: &str, events: &str) -> (Vec<Value>, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(["query", "--format", "ndjson", "--size", "1000000", "--", query, events]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let (rows, told) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let code = output.status.code().unwrap();
    assert!(code <= FOUND, "{query}\n{told}");
    (rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect(), told, code)
}

/// The `event.id` of each row.
fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["event.id"].as_str().unwrap().to_owned()).collect()
}

/// Every mixture of these values: absent ones, single ones and lists.
fn mixtures() -> Vec<Value> {
    let none = Value::Null;
    let fields: [(&str, Vec<Value>); 5] = [
        (
            "event.category",
            vec![json!("network"), json!(["file", "network"]), json!("process"), none.clone()],
        ),
        (
            "event.action",
            vec![
                json!("connection_attempted"),
                json!(["connection_attempted", "x"]),
                json!("x"),
                none.clone(),
            ],
        ),
        (
            "destination.port",
            vec![
                json!(1883),
                json!(5222),
                json!(443),
                json!([443, 8883]),
                json!([1, 61614]),
                none.clone(),
            ],
        ),
        (
            "destination.ip",
            vec![
                json!("203.0.113.1"),
                json!("10.0.0.1"),
                json!("110.0.0.1"),
                json!("172.15.0.1"),
                json!("172.16.0.1"),
                json!("172.31.255.255"),
                json!("172.32.0.1"),
                json!("192.168.0.1"),
                json!("192.169.0.1"),
                json!("127.0.0.1"),
                json!("::1"),
                json!("2001:db8::1"),
                json!("::ffff:10.0.0.1"),
                json!(["203.0.113.1", "10.0.0.1"]),
                json!(["203.0.113.1", "198.51.100.1"]),
                json!(["2001:db8::1", "172.20.0.1", "8.8.8.8"]),
                none.clone(),
            ],
        ),
        (
            "process.name",
            vec![
                json!("mosquitto"),
                json!("MOSQUITTO.EXE"),
                json!("xmosquitto"),
                json!(["sh", "Mosquitto_Sub"]),
                json!(["a", "b"]),
                none,
            ],
        ),
    ];
    let mut events = vec![Map::new()];
    for (name, values) in fields {
        let with = |event: &Map<String, Value>, value: &Value| {
            let mut event = event.clone();
            if !value.is_null() {
                event.insert(name.to_owned(), value.clone());
            }
            event
        };
        events = events
            .iter()
            .flat_map(|event| values.iter().map(move |value| with(event, value)))
            .collect();
    }
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        event.insert("event.id".to_owned(), json!(number.to_string()));
        event.insert("@timestamp".to_owned(), json!("2026-01-01T00:00:00Z"));
        Value::Object(event)
    });
    numbered.collect()
}

#[test]
fn the_rule_that_counts_has_the_condition_of_its_twin_on_every_event() {
    let events = mixtures();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("events.ndjson");
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = file.to_str().unwrap();

    let wanted = ids(&ask(&query_of(SINGLE), file).0);
    let counting = query_of(REPEATED);
    let (condition, _) = counting.split_once("| STATS").unwrap();
    let condition = format!("{condition} | KEEP event.id | LIMIT 1000000");
    let found = ids(&ask(&condition, file).0);

    let differing: Vec<&Value> = events
        .iter()
        .filter(|event| {
            let id = event["event.id"].as_str().unwrap();
            wanted.contains(id) != found.contains(id)
        })
        .collect();
    assert!(differing.is_empty(), "{} events, such as {:?}", differing.len(), differing.first());
    assert!(!wanted.is_empty() && wanted.len() < events.len());
}

#[test]
fn the_rule_that_counts_counts_what_its_twin_finds() {
    let text = |event: &Value, object: &str, field: &str| {
        let flat = event.get(format!("{object}.{field}"));
        match flat.or_else(|| event.get(object)?.get(field)) {
            // One of the layouts has its port in quotes.
            Some(Value::String(text)) => text.clone(),
            other => other.map(Value::to_string).unwrap_or_default(),
        }
    };
    let mut counts: BTreeMap<[String; 3], u64> = BTreeMap::new();
    for event in ask(&query_of(SINGLE), EXAMPLES).0 {
        let key = [
            text(&event, "host", "name"),
            text(&event, "process", "name"),
            text(&event, "destination", "port"),
        ];
        *counts.entry(key).or_default() += 1;
    }
    counts.retain(|_, count| *count > 1);
    assert!(!counts.is_empty());

    let rows = ask(&query_of(REPEATED), EXAMPLES).0;
    let found: BTreeMap<[String; 3], u64> = rows
        .iter()
        .map(|row| {
            let key = [
                text(row, "host", "name"),
                text(row, "process", "name"),
                text(row, "destination", "port"),
            ];
            (key, row["Esql.count"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(found, counts);
    assert!(rows.iter().all(|row| row["Esql.destinations"] == 1
        && row["Esql.first_seen"].as_str() < row["Esql.last_seen"].as_str()));
}

/// Each hunt with events of which some are what it looks for, and the rows that it gives.
const HUNTS: &[(&str, &str, &str)] = &[
    (
        "beaconing_regularity",
        r#"{"@timestamp":"2026-01-01T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:01:02Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:02:03Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:03:01Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:05:09Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:01:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:02:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:03:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:04:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:01:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:02:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:03:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:04:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:05:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"q","destination.ip":"10.0.0.1","destination.port":1883}
"#,
        r#"{"host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883,"minutes":5,"filled":0.8333333333333334,"mean":1.0}
"#,
    ),
    (
        "broker_client_parents",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","event.category":["process"],"event.type":["start"],"host.name":"a","process.name":"mosquitto_pub.exe","process.parent.name":"PowerShell.exe","process.command_line":"mosquitto_pub.exe -t x"}
{"@timestamp":"2026-01-01T00:00:00Z","event.category":["process"],"event.type":["end"],"host.name":"a","process.name":"mosquitto_pub.exe","process.parent.name":"powershell.exe","process.command_line":"mosquitto_pub.exe -t x"}
{"@timestamp":"2026-01-01T00:00:00Z","event.category":["process"],"event.type":["start"],"host.name":"b","process.name":"mosquitto_sub","process.parent.name":"systemd","process.command_line":"mosquitto_sub -t x"}
{"@timestamp":"2026-01-01T00:00:00Z","event.category":["process"],"event.type":["start"],"host.name":"b","process.name":"sendxmpp","process.parent.name":"python3.11","process.command_line":"sendxmpp -t x"}
"#,
        r#"{"starts":1,"first_seen":"2026-01-01T00:00:00.000Z","commands":"mosquitto_pub.exe -t x","host.name":"a","parent":"powershell.exe","client":"mosquitto_pub.exe"}
{"starts":1,"first_seen":"2026-01-01T00:00:00.000Z","commands":"sendxmpp -t x","host.name":"b","parent":"python3.11","client":"sendxmpp"}
"#,
    ),
    (
        "broker_protocols_on_other_ports",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","network.protocol":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":443}
{"@timestamp":"2026-01-01T00:00:00Z","network.protocol":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","network.protocol":"http","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":443}
"#,
        r#"{"flows":1,"clients":"10.0.0.1","network.protocol":"mqtt","destination.ip":"203.0.113.1","destination.port":443}
"#,
    ),
    (
        "broker_rotation",
        r#"{"@timestamp":"2026-01-01T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:02Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.2","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:03Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.3","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"p","destination.ip":"203.0.113.1","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:02Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"p","destination.ip":"203.0.113.2","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:02Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"p","destination.ip":"203.0.113.2","destination.port":8883}
"#,
        r#"{"brokers":3,"addresses":["203.0.113.1","203.0.113.2","203.0.113.3"],"first_seen":"2026-01-01T00:00:01.000Z","last_seen":"2026-01-01T00:00:03.000Z","host.name":"a","process.name":"p"}
"#,
    ),
    (
        "bytes_ratio",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":1883,"event.duration":3600000000000,"source.bytes":800000,"destination.bytes":100000}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":1883,"event.duration":3600000000000,"source.bytes":700000,"destination.bytes":100000}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.2","destination.ip":"203.0.113.1","destination.port":1883,"event.duration":3600000000000,"source.bytes":2000000,"destination.bytes":1000000}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.3","destination.ip":"203.0.113.1","destination.port":1883,"event.duration":3600000000000,"source.bytes":900000,"destination.bytes":0}
"#,
        r#"{"up":1500000,"down":200000,"flows":2,"source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":1883,"ratio":0.7647058823529411}
"#,
    ),
    (
        "connections_by_hour",
        r#"{"@timestamp":"2026-03-01T12:00:00Z","event":{"category":["network"],"action":"connection_attempted"},"host.name":"ws1","process.executable":"/usr/bin/python3","source.ip":"10.20.0.5","destination.ip":"45.32.1.7","destination.port":1883}
{"@timestamp":"2026-03-01T12:10:00Z","event":{"category":["network"],"action":"connection_attempted"},"host.name":"ws1","process.executable":"/usr/bin/python3","source.ip":"10.20.0.5","destination.ip":"45.32.1.7","destination.port":1883}
{"@timestamp":"2026-03-01T12:10:00Z","event":{"category":["network"],"duration":3600000000000},"source.ip":"10.20.0.6","destination.ip":"45.32.1.7","destination.port":1883}
{"@timestamp":"2026-03-01T12:10:00Z","event":{"category":["network"],"duration":5},"source.ip":"10.20.0.7","destination.ip":"45.32.1.7","destination.port":1883}
"#,
        r#"{"connections":2,"long_ones":0,"first_seen":"2026-03-01T12:00:00.000Z","last_seen":"2026-03-01T12:10:00.000Z","hour":"2026-03-01T12:00:00.000Z","client":"ws1","program":"/usr/bin/python3","destination.ip":"45.32.1.7","destination.port":1883,"mean_seconds_between":600.0}
{"connections":1,"long_ones":1,"first_seen":"2026-03-01T12:10:00.000Z","last_seen":"2026-03-01T12:10:00.000Z","hour":"2026-03-01T12:00:00.000Z","client":"10.20.0.6","program":"unknown","destination.ip":"45.32.1.7","destination.port":1883}
"#,
    ),
    (
        "long_sessions",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":8883,"event.duration":18000000000000,"source.bytes":9000,"destination.bytes":9000}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.2","destination.ip":"203.0.113.1","destination.port":8883,"event.duration":18000000000000,"source.bytes":9000000,"destination.bytes":9000}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.3","destination.ip":"203.0.113.1","destination.port":8883,"event.duration":10800000000000,"source.bytes":9,"destination.bytes":9}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.4","destination.ip":"203.0.113.1","destination.port":443,"event.duration":18000000000000,"source.bytes":9,"destination.bytes":9}
"#,
        r#"{"source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":8883,"hours":5.0,"bytes_per_second":1.0}
"#,
    ),
    (
        "new_process_port_pairs",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-02T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"q","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-02T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"r","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-03T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"r","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-03T00:00:01Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"s","destination.ip":"203.0.113.1","destination.port":443}
"#,
        r#"{"process.name":"r","destination.port":1883,"first_seen":"2026-01-02T00:00:01.000Z","hosts":["a","b"],"connections":2}
"#,
    ),
    (
        "public_broker_names",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","dns.question.name":"Test.Mosquitto.org","host.name":"a","process.name":"p"}
{"@timestamp":"2026-01-01T00:00:00Z","dns.question.name":"mqtt-1.example.com","host.name":"a","process.name":"p"}
{"@timestamp":"2026-01-01T00:00:00Z","dns.question.name":"mqtt-1.example.com","host.name":"a","process.name":"p"}
{"@timestamp":"2026-01-01T00:00:00Z","dns.question.name":["www.example.com","my.hivemq.cloud"],"host.name":"a","process.name":"p"}
{"@timestamp":"2026-01-01T00:00:00Z","dns.question.name":"mqttnews.example.com","host.name":"a","process.name":"p"}
"#,
        r#"{"lookups":1,"hosts":"a","programs":"p","name":"my.hivemq.cloud","known":true}
{"lookups":1,"hosts":"a","programs":"p","name":"test.mosquitto.org","known":true}
{"lookups":2,"hosts":"a","programs":"p","name":"mqtt-1.example.com","known":false}
"#,
    ),
    (
        "rare_broker_destinations",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"b","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"c","process.name":"p","destination.ip":"203.0.113.1","destination.port":1883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"p","destination.ip":"203.0.113.2","destination.port":8883}
{"@timestamp":"2026-01-01T00:00:00Z","event.action":"connection_attempted","event.category":"network","host.name":"a","process.name":"q","destination.ip":"203.0.113.2","destination.port":8883}
"#,
        r#"{"hosts":1,"names":"a","programs":["p","q"],"connections":2,"destination.ip":"203.0.113.2","destination.port":8883}
"#,
    ),
    (
        "suricata_mqtt",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","suricata.eve.event_type":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","suricata.eve.mqtt.publish.topic":"t","suricata.eve.mqtt.publish.message":"aGVsbG8gd29ybGQgMTIz"}
{"@timestamp":"2026-01-01T00:00:00Z","suricata.eve.event_type":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","suricata.eve.mqtt.publish.topic":"t","suricata.eve.mqtt.publish.message":"aGVsbG8gd29ybGQgMTI0"}
{"@timestamp":"2026-01-01T00:00:00Z","suricata.eve.event_type":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","suricata.eve.mqtt.publish.topic":"u","suricata.eve.mqtt.publish.message":"gAAAAABk"}
{"@timestamp":"2026-01-01T00:00:00Z","suricata.eve.event_type":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","suricata.eve.mqtt.publish.topic":"v","suricata.eve.mqtt.publish.message":"00112233445566778899aabbccddeeff"}
{"@timestamp":"2026-01-01T00:00:00Z","suricata.eve.event_type":"mqtt","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","suricata.eve.mqtt.publish.topic":"t","suricata.eve.mqtt.publish.message":"21.5 degrees"}
"#,
        r#"{"messages":2,"clients":"10.0.0.1","topic":"t","encoded":"base64","destination.ip":"203.0.113.1"}
{"messages":1,"clients":"10.0.0.1","topic":"u","encoded":"fernet","destination.ip":"203.0.113.1"}
{"messages":1,"clients":"10.0.0.1","topic":"v","encoded":"hexadecimal","destination.ip":"203.0.113.1"}
"#,
    ),
    (
        "tls_to_brokers",
        r#"{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","destination.port":443,"tls.client.server_name":"MQTT.example.com","tls.next_protocol":"h2"}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.2","destination.ip":"203.0.113.1","destination.port":443,"tls.client.server_name":"www.example.com","tls.next_protocol":"mqtt"}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.3","destination.ip":"203.0.113.1","destination.port":8883,"tls.client.server_name":"mqtt.example.com","tls.next_protocol":"mqtt"}
{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"10.0.0.4","destination.ip":"203.0.113.1","destination.port":443,"tls.client.server_name":"www.example.com","tls.next_protocol":"h2"}
"#,
        r#"{"sessions":1,"clients":"10.0.0.1","server":"mqtt.example.com","alpn":"h2","destination.port":443}
{"sessions":1,"clients":"10.0.0.2","server":"www.example.com","alpn":"mqtt","destination.port":443}
"#,
    ),
    (
        "zeek_mqtt_topics",
        r##"{"@timestamp":"2026-01-01T00:00:00Z","event.dataset":"zeek.mqtt_publish","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","zeek.mqtt.topic":"a1/CMD","zeek.mqtt.payload_len":10}
{"@timestamp":"2026-01-01T00:00:00Z","event.dataset":"zeek.mqtt_publish","source.ip":"10.0.0.1","destination.ip":"203.0.113.1","zeek.mqtt.topic":"a1/cmd","zeek.mqtt.payload_len":20}
{"@timestamp":"2026-01-01T00:00:00Z","event.dataset":"zeek.mqtt_publish","source.ip":"10.0.0.2","destination.ip":"203.0.113.1","zeek.mqtt.topic":"#","zeek.mqtt.payload_len":1}
{"@timestamp":"2026-01-01T00:00:00Z","event.dataset":"zeek.mqtt_publish","source.ip":"10.0.0.2","destination.ip":"203.0.113.1","zeek.mqtt.topic":"house/lamp","zeek.mqtt.payload_len":1}
"##,
        r##"{"messages":2,"bytes":30,"clients":"10.0.0.1","topic":"a1/cmd","destination.ip":"203.0.113.1"}
{"messages":1,"bytes":1,"clients":"10.0.0.2","topic":"#","destination.ip":"203.0.113.1"}
"##,
    ),
];

/// The files of hunts, by name.
fn hunts() -> BTreeMap<String, PathBuf> {
    let files = std::fs::read_dir(Path::new(PACKS).join("pubsub/hunts")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

#[test]
fn hunts_find_what_they_look_for() {
    let hunts = hunts();
    let cases: BTreeSet<&str> = HUNTS.iter().map(|(name, ..)| *name).collect();
    assert!(
        cases.iter().copied().eq(hunts.keys().map(String::as_str)),
        "every hunt has a case: {hunts:?}"
    );
    let dir = tempfile::tempdir().unwrap();
    for (name, events, rows) in HUNTS {
        let file = dir.path().join(format!("{name}.ndjson"));
        std::fs::write(&file, events).unwrap();
        let query = std::fs::read_to_string(&hunts[*name]).unwrap();
        let (found, told, code) = ask(&query, file.to_str().unwrap());
        let wanted: Vec<Value> =
            rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!(found, wanted, "{name}");
        assert_eq!((told.as_str(), code), ("", FOUND), "{name}");
    }
}

#[test]
fn hunts_run_over_the_example_and_say_what_they_are_for() {
    let mut finders = BTreeSet::new();
    for (name, path) in hunts() {
        let query = std::fs::read_to_string(path).unwrap();
        for head in
            ["// Looks for: ", "// ATT&CK: T1071.005", "// False positives: ", "// Telemetry: "]
        {
            assert!(query.lines().any(|line| line.starts_with(head)), "{name}: no `{head}`");
        }
        let (_, told, code) = ask(&query, EXAMPLES);
        // A sensor that is not among the files has fields of its own.
        let strange = told.lines().filter(|line| !line.contains("no event has a field"));
        assert_eq!(strange.collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
        if code == FOUND {
            finders.insert(name);
        }
    }
    let wanted = [
        "beaconing_regularity",
        "connections_by_hour",
        "public_broker_names",
        "rare_broker_destinations",
    ];
    assert!(finders.iter().eq(wanted.iter()), "{finders:?}");
}
