//! Falco's alerts: two of Elastic's own samples, neither of a connection.

mod common;

use brokerwatch_ingest::normalise::Kind;
use common::{bytes, field};

/// The fields of the two alerts, in a mapping.
fn check(kind: Kind, names: [&str; 7], expected: [[&str; 7]; 2]) {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry") else { return };
    let input = bytes(&corpus.join("falco/elastic-falco-first2.log"));
    let (source, outcomes) = common::read(&input, kind);
    assert_eq!((source.name, outcomes.len()), ("falco", 2));
    for (outcome, expected) in outcomes.iter().zip(expected) {
        let event = outcome.as_ref().expect("the alert is read");
        assert_eq!(names.map(|name| field(event, name)), expected);
    }
}

#[test]
fn alerts_are_about_events() {
    check(
        Kind::Defend,
        [
            "@timestamp",
            "event.action",
            "event.category",
            "process.name",
            "process.parent.name",
            "user.name",
            "file.path",
        ],
        [
            [
                "2024-05-07T18:54:19.341081180Z",
                "openat",
                "file",
                "event-generator",
                "containerd-shim",
                "root",
                "/etc/shadow",
            ],
            [
                "2024-05-07T18:54:20.008519431Z",
                "exec",
                "process",
                "busybox",
                "event-generator",
                "daemon",
                "",
            ],
        ],
    );
}

#[test]
fn alerts_are_alerts_for_elastic() {
    check(
        Kind::Elastic,
        [
            "event.kind",
            "event.category",
            "falco.rule",
            "falco.priority",
            "falco.output_fields.proc.name",
            "falco.output_fields.user.uid",
            "event.action",
        ],
        [
            [
                "alert",
                "process",
                "Read sensitive file untrusted",
                "Warning",
                "event-generator",
                "0",
                "",
            ],
            ["alert", "process", "System user interactive", "Informational", "login", "2", ""],
        ],
    );
}
