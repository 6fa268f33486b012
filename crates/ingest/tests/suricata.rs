//! Suricata's EVE as others recorded it: counts of a program that shares nothing with this one, what Elastic's own pipeline
//! gives, and what another vendor reads.

mod common;

use std::collections::BTreeMap;

use brokerwatch_ingest::normalise::Kind;
use serde_json::Value;

/// What the official document has and ours does not, or the other way round.
const IGNORED: &[(&str, &str)] = &[
    ("source.geo.", "comes from a database of places"),
    ("tags", "says how the shipper was set up"),
    ("ecs.version", "is the pipeline's"),
    ("event.ingested", "is when the document was stored"),
    ("event.created", "is when the shipper read the line"),
    ("event.original", "is asked for apart"),
    ("event.module", "is set by the shipper, outside of the pipeline"),
    ("event.dataset", "is set by the shipper, outside of the pipeline"),
    ("user_agent.name", "comes from a database of browsers"),
    ("user_agent.version", "comes from a database of browsers"),
    ("user_agent.device.name", "comes from a database of browsers"),
];

/// What differs all the same, and why.
const KNOWN: &[(&str, &str)] = &[
    // The pipeline of that version gives the destination an address and no ip. Rules ask for the ip.
    ("destination.ip", "expected nothing, got 10.31.64.240"),
    ("related.ip", "expected 52.222.141.99, got 10.31.64.240 52.222.141.99"),
];

#[test]
fn an_alert_becomes_what_elastics_pipeline_gives() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/suricata") else { return };
    let (_, outcomes) =
        common::read(&common::bytes(&corpus.join("elastic-eve-6.0-alert.log")), Kind::Elastic);
    let expected = common::bytes(&corpus.join("elastic-eve-6.0-alert.log-expected.json"));
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let expected = expected["expected"].as_array().unwrap();
    let [Ok(document)] = &outcomes[..] else { panic!("one document, not {outcomes:?}") };
    let ignored = |name: &str| IGNORED.iter().any(|(field, _)| name.starts_with(field));
    let differences = common::differences(expected[0].as_object().unwrap(), document, ignored);
    let known: Vec<String> = KNOWN.iter().map(|(field, how)| format!("{field}: {how}")).collect();
    assert_eq!(differences, known);
}

#[test]
fn events_are_counted_as_by_others() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry") else { return };
    let facts: Value = serde_json::from_slice(&common::bytes(&corpus.join("facts.json"))).unwrap();
    let mut files = 0;
    for facts in facts.as_array().unwrap() {
        let file = facts["file"].as_str().unwrap();
        if !file.starts_with("suricata/") {
            continue;
        }
        files += 1;
        let path = corpus.join(file);
        let is_packed = path.extension().is_some_and(|end| end == "gz");
        let input = if is_packed { common::gzip(&path) } else { common::bytes(&path) };
        let (_, outcomes) = common::read(&input, Kind::Elastic);
        assert_eq!(outcomes.len() as u64, facts["lines"], "{file}");
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let mut flows: BTreeMap<String, u64> = BTreeMap::new();
        for document in outcomes.into_iter().map(Result::unwrap) {
            let value = |name: &str| common::field(&document, name);
            *kinds.entry(value("suricata.eve.event_type")).or_default() += 1;
            if value("suricata.eve.event_type") == "flow" {
                *flows.entry(value("network.transport").to_uppercase()).or_default() += 1;
            }
        }
        assert_eq!(serde_json::to_value(kinds).unwrap(), facts["by_event_type"], "{file}");
        assert_eq!(serde_json::to_value(flows).unwrap(), facts["flows_by_proto"], "{file}");
    }
    assert_eq!(files, 4, "files of Suricata in the list of facts");
}

/// A flow is attempted once: by its own event and by no other, and only if its originator is inside.
#[test]
fn a_flow_is_attempted_once() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/suricata") else { return };
    let input = common::gzip(&corpus.join("slips-test6-first-half.eve.json.gz"));
    let (_, outcomes) = common::read(&input, Kind::Defend);
    let mut attempts = 0;
    for (document, line) in
        outcomes.into_iter().map(Result::unwrap).zip(input.split(|b| *b == b'\n'))
    {
        let source: Value = serde_json::from_slice(line).unwrap();
        let value = |name: &str| common::field(&document, name);
        let is_flow = source["event_type"] == "flow";
        // The network of this recording is 192.168.1.0/24.
        let is_inside = source["src_ip"].as_str().unwrap().starts_with("192.168.1.");
        let is_attempt = value("event.action") == "connection_attempted";
        if is_attempt {
            attempts += 1;
            assert!(is_flow && is_inside, "{source}");
            assert_eq!(value("event.start"), value("@timestamp"));
        }
        if is_flow && is_inside {
            assert!(is_attempt, "{source}");
        }
    }
    assert!(100 < attempts, "{attempts}");
}

#[test]
fn addresses_and_ports_agree_with_another_vendor() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/suricata/sekoia") else {
        return;
    };
    for file in ["alert", "dns_answers", "dns_query", "flow", "rdp", "tls"] {
        let pair = common::bytes(&corpus.join(format!("{file}.json")));
        let pair: Value = serde_json::from_slice(&pair).unwrap();
        let message = pair["input"]["message"].as_str().unwrap();
        let (_, outcomes) = common::read(message.as_bytes(), Kind::Elastic);
        let document = outcomes.into_iter().next().unwrap().unwrap();
        let expected = common::flat(pair["expected"].as_object().unwrap());
        let mut compared = 0;
        for name in [
            "source.ip",
            "source.port",
            "source.bytes",
            "destination.ip",
            "destination.port",
            "network.community_id",
            "dns.question.name",
            "dns.question.type",
            "rule.name",
        ] {
            if let Some(values) = expected.get(name) {
                compared += 1;
                assert_eq!(common::field(&document, name), values.join(" "), "{file}: {name}");
            }
        }
        assert!(4 <= compared, "{file}");
    }
}

/// The community ids that Suricata itself wrote are those that are computed here.
#[test]
fn community_ids_agree_with_suricatas() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry/suricata/sekoia") else {
        return;
    };
    let pair: Value = serde_json::from_slice(&common::bytes(&corpus.join("rdp.json"))).unwrap();
    let message = pair["input"]["message"].as_str().unwrap();
    let without = message.replace("\"community_id\"", "\"other\"");
    assert_ne!(message, without);
    let id = |text: &str| {
        let (_, outcomes) = common::read(text.as_bytes(), Kind::Defend);
        common::field(outcomes[0].as_ref().unwrap(), "network.community_id")
    };
    assert_eq!(id(message), id(&without));
}
