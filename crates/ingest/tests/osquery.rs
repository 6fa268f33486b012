//! osquery's results: the example of its documentation.

mod common;

use brokerwatch_ingest::normalise::Kind;
use common::{bytes, field};

#[test]
fn a_connection_of_the_documentation_is_an_attempt() {
    let Some(corpus) = brokerwatch_testkit::shared("corpora/telemetry") else { return };
    let input = bytes(&corpus.join("osquery/doc-socket_events.json"));
    let (source, outcomes) = common::read(&input, Kind::Defend);
    assert_eq!((source.name, outcomes.len()), ("osquery", 1));
    let event = outcomes[0].as_ref().expect("the row is read");
    for (name, expected) in [
        ("@timestamp", "2018-06-01T23:25:41.000Z"),
        ("event.action", "connection_attempted"),
        ("event.category", "network"),
        ("event.type", "start"),
        ("event.outcome", "success"),
        ("destination.ip", "172.217.164.110"),
        ("destination.port", "80"),
        ("source.port", ""),
        ("process.executable", "/usr/bin/curl"),
        ("process.name", "curl"),
        ("process.pid", "30220"),
        ("host.name", "vagrant"),
        ("host.os.type", "linux"),
        ("user.id", "1000"),
        ("network.direction", "egress"),
    ] {
        assert_eq!(field(event, name), expected, "{name}");
    }
}
