//! Microsoft Defender for Endpoint as others recorded it, compared with what another vendor reads.

mod common;

use brokerwatch_ingest::normalise::Kind;
use serde_json::{Map, Value};

const FILES: [&str; 4] = [
    "test_connection_attempt",
    "test_device_network_connection",
    "test_device_network_events",
    "test_device_process_created",
];

fn pair(file: &str) -> Option<Value> {
    let corpus = brokerwatch_testkit::shared("corpora/telemetry/mde")?;
    let pair = common::bytes(&corpus.join(format!("{file}.json")));
    Some(serde_json::from_slice(&pair).expect("the corpora hold whole JSON"))
}

#[track_caller]
fn read(input: &str, source: &str, kind: Kind) -> Map<String, Value> {
    let (told, outcomes) = common::read(input.as_bytes(), kind);
    assert_eq!(told.name, source);
    outcomes.into_iter().next().expect("there is a record").expect("it can be read")
}

/// The other vendor sees who began a connection as Defend's rules need it. Its times have six digits of the seven.
#[test]
fn addresses_ports_and_processes_agree_with_another_vendor() {
    for file in FILES {
        let Some(pair) = pair(file) else { return };
        let message = pair["input"]["message"].as_str().unwrap();
        let document = read(message, "mde-hunting", Kind::Defend);
        let expected = common::flat(pair["expected"].as_object().unwrap());
        let mut compared = 0;
        for (name, theirs) in [
            ("source.ip", "source.ip"),
            ("source.port", "source.port"),
            ("destination.ip", "destination.ip"),
            ("destination.port", "destination.port"),
            ("host.name", "host.name"),
            ("process.pid", "process.pid"),
            ("process.name", "process.name"),
            ("process.command_line", "process.command_line"),
            ("process.hash.sha256", "process.hash.sha256"),
            ("process.parent.name", "process.parent.name"),
            ("host.id", "agent.id"),
        ] {
            let Some(values) = expected.get(theirs).filter(|values| values[..] != ["0"]) else {
                continue;
            };
            compared += 1;
            let ours = common::field(&document, name);
            assert_eq!(ours.to_lowercase(), values.join(" ").to_lowercase(), "{file}: {name}");
        }
        assert!(2 <= compared, "{file}: {compared} of {expected:?}");
        let time = common::field(&document, "@timestamp");
        assert_eq!(time[..23], expected["@timestamp"][0][..23], "{file}");
    }
}

#[test]
fn directions_are_found_inside_additional_fields() {
    let of = |file: &str, kind: Kind| {
        let pair = pair(file)?;
        Some(read(pair["input"]["message"].as_str().unwrap(), "mde-hunting", kind))
    };
    for (file, direction, official, action) in [
        ("test_connection_attempt", "egress", "unknown", "connection_attempted"),
        ("test_device_network_connection", "ingress", "inbound", "connectionattempt"),
        ("test_device_network_events", "egress", "unknown", "connection_attempted"),
    ] {
        let Some(document) = of(file, Kind::Defend) else { return };
        assert_eq!(common::field(&document, "network.direction"), direction, "{file}");
        assert_eq!(common::field(&document, "event.action"), action, "{file}");
        assert_eq!(common::field(&document, "event.type"), "start", "{file}");
        let Some(document) = of(file, Kind::Elastic) else { return };
        assert_eq!(common::field(&document, "network.direction"), official, "{file}");
    }
}

/// A row says the same alone and as CSV as inside its export.
#[test]
fn the_layouts_of_a_row_agree() {
    for file in FILES {
        let Some(pair) = pair(file) else { return };
        let message = pair["input"]["message"].as_str().unwrap();
        let export: Value = serde_json::from_str(message).unwrap();
        let row = export["properties"].as_object().unwrap();
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
            other => other.to_string(),
        };
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let cells: Vec<String> = row.values().map(cell).collect();
        let csv = format!("{}\r\n{}\r\n", names.join(","), cells.join(","));
        let json = serde_json::to_string(row).unwrap();
        for kind in [Kind::Defend, Kind::Elastic] {
            let whole = read(message, "mde-hunting", kind);
            // What only the export knows.
            let ignored = |name: &str| {
                name == "m365_defender.event.category" || name == "m365_defender.event.tenant.id"
            };
            for (input, source) in [(&json, "mde-rows"), (&csv, "mde-csv")] {
                let alone = read(input, source, kind);
                let differences = common::differences(&whole, &alone, ignored);
                assert!(differences.is_empty(), "{file} as {source}:\n{}", differences.join("\n"));
            }
        }
    }
}
