//! Sysmon for Linux: the corpus' lines, their export as JSON, and what Elastic's pipeline gives.

mod common;
#[path = "common/sysmon.rs"]
mod sysmon;

use brokerwatch_ingest::normalise::Kind;
use serde_json::{Map, Value};

/// Fields of the expected documents that are not the pipeline's work on the event.
fn is_ignored(field: &str) -> bool {
    matches!(
        field,
        // The version of ECS that the pipeline was written for, and what its test asks it to keep.
        "ecs.version" | "tags"
        // Elastic's pipeline parses `UtcTime` and throws it away; the time that stays is the syslog daemon's, which the
        // test's input lacks.
        | "@timestamp"
        // The agent sets it from `Computer` before the pipeline; the test's input begins after the agent.
        | "host.name"
    )
}

#[test]
fn elastic_documents_are_those_of_elastics_pipeline() {
    let Some(corpus) = sysmon::corpus() else { return };
    let read = |file: &str, key: &str| -> Vec<Value> {
        corpus.json(&format!("sysmon-linux/{file}"))[key].as_array().unwrap().clone()
    };
    let inputs = read("elastic-test-sysmon.json", "events");
    let expected = read("elastic-test-sysmon.json-expected.json", "expected");
    let (source, outcomes) = sysmon::of_documents(&inputs, Kind::Elastic);
    assert_eq!(source.name, "sysmon-linux-winlog");
    assert_eq!(outcomes.len(), expected.len());
    for (outcome, expected) in outcomes.iter().zip(&expected) {
        let differences = common::differences(
            expected.as_object().unwrap(),
            outcome.as_ref().unwrap(),
            is_ignored,
        );
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

#[test]
fn lines_of_syslog_give_every_event() {
    let Some(corpus) = sysmon::corpus() else { return };
    let (mut seen, mut cut) = (0, 0);
    for (file, records, by_id) in corpus.facts("sysmon-linux/") {
        if by_id.is_empty() {
            continue;
        }
        let bytes = corpus.bytes(&file);
        let (source, outcomes) = common::read(&bytes, Kind::Defend);
        assert_eq!(source.name, "sysmon-linux", "{file}");
        assert_eq!(outcomes.len(), records, "{file}");
        let lines: Vec<&[u8]> =
            bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let before = lines.len() - records;
        // A daemon cut one line; its event is a defect, and not among those that are counted.
        let mut whole = by_id.clone();
        let mut documents = Vec::new();
        for (i, outcome) in outcomes.into_iter().enumerate() {
            if let Err(why) = &outcome {
                assert_eq!(why, "the XML ends in the middle", "{file}");
                let line = String::from_utf8_lossy(lines[before + i]);
                let (_, id) = line.split_once("<EventID>").unwrap();
                *whole.get_mut(id.split('<').next().unwrap()).unwrap() -= 1;
                cut += 1;
            }
            documents.push(outcome.or_else(|_| Ok(Map::new())));
        }
        corpus.check(&file, &whole, before, &documents);
        seen += 1;
    }
    assert_eq!((seen, cut), (2, 1));
}

#[test]
fn lines_and_their_export_as_json_give_the_same_documents() {
    let Some(corpus) = sysmon::corpus() else { return };
    let documents = |file: &str| {
        let bytes = corpus.bytes(&format!("sysmon-linux/{file}"));
        let (source, outcomes) = common::read(&bytes, Kind::Defend);
        (source.name, outcomes)
    };
    let (lines, from_lines) = documents("otrf-log4shell.0-31.syslog");
    let (json, from_json) = documents("otrf-log4shell-loganalytics.0-31.json");
    assert_eq!((lines, json), ("sysmon-linux", "sysmon-linux-json"));
    assert_eq!(from_lines.len(), 32);
    assert_eq!(from_lines, from_json);
}

#[test]
fn a_line_cut_anywhere_is_read_or_named() {
    let Some(corpus) = sysmon::corpus() else { return };
    let bytes = corpus.bytes("sysmon-linux/otrf-log4shell.0-31.syslog");
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap();
    let source = common::tell(line).unwrap();
    let begins = line.windows(6).position(|window| window == b"<Event").unwrap();
    for end in begins + 7..line.trim_ascii_end().len() {
        let record = common::Framed { header: Vec::new(), bytes: line[..end].to_vec() };
        let outcomes = common::documents(source, Kind::Defend, &[record]);
        assert_eq!(outcomes, [Err("the XML ends in the middle".to_owned())], "cut at {end}");
    }
}
