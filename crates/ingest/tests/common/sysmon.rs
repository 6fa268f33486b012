//! What the tests of Sysmon's sources share: the corpus' facts and connections, and how documents are held to them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use brokerwatch_ingest::normalise::Kind;
use brokerwatch_ingest::readers::Source;
use serde_json::{Map, Value};

use crate::common::{self, Framed, Outcome};

/// The telemetry of the corpus, if it is there.
pub(crate) fn corpus() -> Option<Corpus> {
    brokerwatch_testkit::shared("corpora/telemetry").map(Corpus)
}

/// Where the telemetry of the corpus is.
pub(crate) struct Corpus(PathBuf);

impl Corpus {
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    pub(crate) fn bytes(&self, file: &str) -> Vec<u8> {
        common::bytes(&self.path(file))
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&self.bytes(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// What the corpus says of its files in a folder: name, number of records, and Sysmon's events by id.
    pub(crate) fn facts(&self, folder: &str) -> Vec<(String, usize, BTreeMap<String, usize>)> {
        let all: Vec<Value> = serde_json::from_value(self.json("facts.json")).unwrap();
        let in_folder =
            all.iter().filter(|fact| fact["file"].as_str().unwrap().starts_with(folder));
        let fact = |fact: &Value| {
            let by_id = fact["sysmon_by_event_id"].as_object().cloned().unwrap_or_default();
            let count = |(id, count): (String, Value)| (id, count.as_u64().unwrap() as usize);
            let file = fact["file"].as_str().unwrap().to_owned();
            let records = fact["records"].as_u64().map_or(0, |records| records as usize);
            (file, records, by_id.into_iter().map(count).collect())
        };
        in_folder.map(fact).collect()
    }

    /// Holds the documents of a file to the corpus: no defect, as many of each event, and each connection with all that the
    /// corpus knows of it. It numbers records from 1 and counts lines that hold none, which stand before all others.
    #[track_caller]
    pub(crate) fn check(
        &self,
        file: &str,
        by_id: &BTreeMap<String, usize>,
        lines_before: usize,
        outcomes: &[Outcome],
    ) {
        let documents: Vec<&Map<String, Value>> = outcomes
            .iter()
            .map(|outcome| outcome.as_ref().unwrap_or_else(|why| panic!("{file}: {why}")))
            .collect();
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for document in documents.iter().copied().filter(|document| is_sysmon(document)) {
            *counted.entry(common::field(document, "event.code")).or_default() += 1;
        }
        assert_eq!(&counted, by_id, "{file}: events by id");

        let expected = self.connections(file);
        let of_kind = |document: &&Map<String, Value>| {
            is_sysmon(document) && common::field(document, "event.code") == "3"
        };
        assert_eq!(
            expected.len(),
            documents.iter().copied().filter(|one| of_kind(one)).count(),
            "{file}"
        );
        for connection in expected {
            let number = connection["n"].as_u64().unwrap() as usize;
            check_connection(
                &format!("{file} record {number}"),
                &connection,
                documents[number - 1 - lines_before],
            );
        }
    }

    pub(crate) fn connections(&self, file: &str) -> Vec<Value> {
        let lines = common::gzip(&self.path("expected-connections.jsonl.gz"));
        let all = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        all.map(|line| serde_json::from_slice::<Value>(line).unwrap())
            .filter(|connection| connection["file"] == file)
            .collect()
    }
}

/// What Sysmon writes where it knows no process.
const UNSET: &str = "{00000000-0000-0000-0000-000000000000}";

fn is_sysmon(document: &Map<String, Value>) -> bool {
    common::field(document, "event.provider").contains("Sysmon")
}

#[track_caller]
pub(crate) fn check_connection(place: &str, expected: &Value, document: &Map<String, Value>) {
    let text = |name: &str| match &expected[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let address = |name: &str| canonical_address(&text(name));
    let user = match (common::field(document, "user.domain"), common::field(document, "user.name"))
    {
        (domain, name) if domain.is_empty() => name,
        (domain, name) => format!("{domain}\\{name}"),
    };
    let outbound = text("initiated") == "true";
    for (got, wanted) in [
        (common::field(document, "@timestamp"), text("ts")),
        (common::field(document, "host.name"), text("host")),
        (common::field(document, "process.executable"), text("process.executable")),
        (common::field(document, "process.pid"), text("process.pid")),
        (
            common::field(document, "process.entity_id"),
            text("process.entity_id").replace(UNSET, ""),
        ),
        (user, text("user")),
        (common::field(document, "network.transport"), text("network.transport")),
        (common::field(document, "source.ip"), address("source.ip")),
        (common::field(document, "source.port"), text("source.port")),
        (common::field(document, "destination.ip"), address("destination.ip")),
        (common::field(document, "destination.port"), text("destination.port")),
        (common::field(document, "destination.domain"), text("destination.domain")),
        (
            common::field(document, "event.action"),
            if outbound { "connection_attempted" } else { "connection_accepted" }.to_owned(),
        ),
        (
            common::field(document, "network.direction"),
            if outbound { "egress" } else { "ingress" }.to_owned(),
        ),
    ] {
        assert_eq!(got, wanted, "{place}: {document:#?}");
    }
}

/// A document with each text changed.
pub(crate) fn changed(
    document: &Map<String, Value>,
    change: impl Fn(&str) -> String + Copy,
) -> Map<String, Value> {
    fn value(inner: &Value, change: impl Fn(&str) -> String + Copy) -> Value {
        match inner {
            Value::Object(inner) => Value::Object(changed(inner, change)),
            Value::Array(list) => list.iter().map(|one| value(one, change)).collect(),
            Value::String(text) => Value::String(change(text)),
            other => other.clone(),
        }
    }
    document.iter().map(|(name, inner)| (name.clone(), value(inner, change))).collect()
}

/// A text that is an address, as all programs should write it (RFC 5952).
pub(crate) fn canonical_address(text: &str) -> String {
    text.parse::<IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// Documents of one source's records that are given as JSON.
pub(crate) fn of_documents(documents: &[Value], kind: Kind) -> (&'static Source, Vec<Outcome>) {
    let record = |document: &Value| Framed {
        header: Vec::new(),
        bytes: serde_json::to_vec(document).unwrap(),
    };
    let records: Vec<Framed> = documents.iter().map(record).collect();
    let source = common::tell(&records[0].bytes).expect("the documents are of a known source");
    (source, common::documents(source, kind, &records))
}
