//! One input of our own for each source: the built-in rule fires once on each as Elastic Defend would write it, and on
//! none as Elastic's pipelines write it, which never say that a connection was attempted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use brokerwatch_ecs::Timestamp;
use brokerwatch_ingest::readers;
use serde_json::Value;

use crate::evtx::{self, Element};
use crate::{archives, field, files, here, inspect, run, stem, write};

/// What the network sensors are called. They see no process.
const SENSORS: &[&str] = &["suricata-eve", "zeek-json", "zeek-json-stream", "zeek-table"];

/// The part of the rule that needs a process.
const EXCLUSION: &str =
    r#"process.name in~ ("mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto.exe")"#;

/// An input for each source, by the source's name.
pub(crate) fn inputs() -> Vec<(String, Vec<u8>)> {
    let texts = files(&here().join("sources"), "in").into_iter();
    let mut inputs: Vec<_> = texts.map(|(path, bytes)| (stem(&path), bytes)).collect();
    inputs.push(("windows-evtx".to_owned(), event_log()));
    inputs.sort();
    inputs
}

/// Sysmon's connections as a Windows event log, like those of the other inputs.
fn event_log() -> Vec<u8> {
    let [curl, agent, mosquitto, broker] =
        ["System32\\curl.exe", "Agent\\agent.exe", "mosquitto.exe", "broker.exe"];
    let images = [(curl, "true", "443"), (agent, "true", "1883"), (mosquitto, "true", "8883")];
    let all = [&images[..], &[(agent, "true", "1883"), (broker, "false", "5672")]].concat();
    let hosts = ["203.0.113.80", "203.0.113.9", "203.0.113.10", "10.0.0.5", "198.51.100.7"];
    let texts: Vec<[String; 4]> = (1..)
        .zip(&all)
        .map(|(second, (image, ..))| {
            [
                format!("2026-03-01 10:05:0{second}.250"),
                format!("2026-03-01T10:05:0{second}.2600000Z"),
                format!("C:\\{image}"),
                format!("400{second}"),
            ]
        })
        .collect();
    let events: Vec<Element<'_>> = texts
        .iter()
        .zip(&all)
        .zip(hosts)
        .map(|((texts, (_, initiated, port)), host)| {
            let [utc, written, image, process] = texts.each_ref().map(String::as_str);
            let data = [
                ("UtcTime", utc),
                ("ProcessId", process),
                ("Image", image),
                ("User", "CORP\\ann"),
                ("Protocol", "tcp"),
                ("Initiated", initiated),
                ("SourceIp", "198.51.100.8"),
                ("SourcePort", "50000"),
                ("DestinationIp", host),
                ("DestinationPort", port),
            ];
            connection(written, &data)
        })
        .collect();
    evtx::log(&events)
}

fn connection<'a>(written: &'a str, data: &[(&'a str, &'a str)]) -> Element<'a> {
    let leaf = |name, text| Element { name, text, attributes: Vec::new(), children: Vec::new() };
    let told = |name, attributes: &[(&'a str, &'a str)]| Element {
        attributes: attributes.to_vec(),
        ..leaf(name, "")
    };
    let datum =
        |(name, text): &(&'a str, &'a str)| Element { text, ..told("Data", &[("Name", name)]) };
    let system = vec![
        told("Provider", &[("Name", "Microsoft-Windows-Sysmon")]),
        leaf("EventID", "3"),
        told("TimeCreated", &[("SystemTime", written)]),
        leaf("Channel", "Microsoft-Windows-Sysmon/Operational"),
        leaf("Computer", "ws-1.example.com"),
    ];
    let parts = vec![
        Element { children: system, ..leaf("System", "") },
        Element { children: data.iter().map(datum).collect(), ..leaf("EventData", "") },
    ];
    Element { children: parts, ..leaf("Event", "") }
}

/// A folder with one input.
fn alone(name: &str, bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write(folder.path(), name, bytes);
    folder
}

/// The rule that every source is scanned with: it names the fields that all of them have.
const SEED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../packs/seed/rules/command_and_control_outbound_pubsub_protocol_connection.toml"
);

/// The alerts of a scan, which must end as one that found some, or none, does.
#[track_caller]
fn alerts(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let run = run(folder, &[&["scan", "--rules", SEED, "--format", "ndjson"], arguments].concat());
    let alerts: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("a document")).collect();
    assert_eq!(run.code, Some(i32::from(!alerts.is_empty())), "{arguments:?}: {}", run.stderr);
    alerts
}

/// What a person looks at first: when, which host and process, whom it called, and what the rule could not be held to.
fn shown(alert: &Value) -> String {
    let part = |name: &str| match field(alert, name) {
        text if text.is_empty() => "-".to_owned(),
        text => text,
    };
    format!(
        "{} host {} process {} ({}) to {} port {}, not applied: {}",
        part("@timestamp"),
        part("host.name"),
        part("process.name"),
        part("process.executable"),
        part("destination.ip"),
        part("destination.port"),
        part("brokerwatch.alert.not_applied"),
    )
}

/// What is said of one input: its source, and its alerts in both mappings.
fn account(name: &str, bytes: &[u8]) -> String {
    let folder = alone(name, bytes);
    let (said, files) = inspect(folder.path(), &[name]);
    assert_eq!(said.code, Some(0), "{name}: {}", said.stderr);
    let mut account = format!("source {}\n", field(&files[0], "source"));
    for mapping in ["defend", "elastic"] {
        let alerts = alerts(folder.path(), &["--mapping", mapping, name]);
        writeln!(account, "{mapping}: {} alerts", alerts.len()).expect("a string takes all text");
        for alert in &alerts {
            writeln!(account, "  {}", shown(alert)).expect("a string takes all text");
        }
    }
    account
}

#[test]
fn alerts_are_as_expected() {
    brokerwatch_testkit::golden_bytes("tests/telemetry/sources", |bytes| account("input", bytes));
}

#[test]
fn alerts_of_an_event_log_are_as_expected() {
    assert_eq!(
        account("input", &event_log()),
        "source windows-evtx\n\
         defend: 1 alerts\n  \
           2026-03-01T10:05:02.250Z host ws-1.example.com process agent.exe (C:\\Agent\\agent.exe) \
           to 203.0.113.9 port 1883, not applied: -\n\
         elastic: 0 alerts\n"
    );
}

#[test]
fn every_source_has_an_input() {
    let named: BTreeSet<String> = inputs().into_iter().map(|(name, _)| name).collect();
    let known = readers::ALL.iter().map(|source| source.name);
    let known: BTreeSet<String> = known.chain(["ecs"]).map(str::to_owned).collect();
    assert_eq!(named, known);
}

#[test]
fn the_rule_fires_once_on_every_source() {
    for (name, bytes) in inputs() {
        let folder = alone(&name, &bytes);
        let (_, files) = inspect(folder.path(), &[&name]);
        assert_eq!(field(&files[0], "source"), name);
        assert_eq!(field(&files[0], "malformed"), "0", "{name}");

        let defend = alerts(folder.path(), &[&name]);
        assert_eq!(defend.len(), 1, "{name}: {defend:#?}");
        assert_eq!(field(&defend[0], "destination.ip"), "203.0.113.9", "{name}");
        let not_applied = field(&defend[0], "brokerwatch.alert.not_applied");
        let expected = if SENSORS.contains(&&*name) { EXCLUSION } else { "" };
        assert_eq!(not_applied, expected, "{name}");

        let elastic = alerts(folder.path(), &["--mapping", "elastic", &name]);
        assert_eq!(elastic.len(), usize::from(name == "ecs"), "{name}");
    }
}

#[test]
fn since_and_until_cut_by_the_time_of_the_event() {
    for (name, bytes) in inputs() {
        let folder = alone(&name, &bytes);
        let moment = field(&alerts(folder.path(), &[&name])[0], "@timestamp");
        let after = later(&moment);
        for (since, until, expected) in [
            (Some(&moment), None, 1),
            (Some(&after), None, 0),
            (None, Some(&moment), 0),
            (None, Some(&after), 1),
        ] {
            let mut arguments = Vec::new();
            for (flag, time) in [("--since", since), ("--until", until)] {
                if let Some(time) = time {
                    arguments.extend([flag, time.as_str()]);
                }
            }
            arguments.push(&name);
            assert_eq!(alerts(folder.path(), &arguments).len(), expected, "{arguments:?}");
        }
    }
}

/// A moment one millisecond later.
fn later(moment: &str) -> String {
    let moment: Timestamp = moment.parse().expect("a moment");
    let after = Timestamp::from_millisecond(moment.as_millisecond() + 1).expect("this century");
    after.to_string()
}

#[test]
fn sensors_without_processes_say_so() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let all = inputs();
    for (name, bytes) in &all {
        write(folder.path(), name, bytes);
    }
    let notes = run(folder.path(), &["scan", "--rules", SEED, "--", "."]).stderr;
    for source in readers::ALL {
        let note = format!("note: on {}, rule ", source.title);
        assert_eq!(
            notes.contains(&note),
            SENSORS.contains(&source.name),
            "{}\n{notes}",
            source.name
        );
    }
}

/// A folder of all inputs as they are, and of some again in archives.
fn mixed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let all = inputs();
    for (name, bytes) in &all {
        write(folder.path(), name, bytes);
    }
    let members: Vec<(&str, &[u8])> = all.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    write(folder.path(), "all.zip", &archives::zip(&members));
    write(folder.path(), "all.tar", &archives::tar(&members));
    write(folder.path(), "all.tar.gz", &archives::gzip(&archives::tar(&members)));
    write(
        folder.path(),
        "zeek-json.gz",
        &archives::gzip(&all.iter().find(|(name, _)| name == "zeek-json").expect("a source").1),
    );
    folder
}

#[test]
fn a_mixed_folder_gives_what_its_files_give() {
    let folder = mixed();
    let all = inputs();
    let mut alone: Vec<String> = Vec::new();
    for (name, _) in &all {
        alone.extend(alerts(folder.path(), &[name]).iter().map(shown));
    }
    alone.sort();
    let of = |found: &[Value], path: &str| {
        let is_of = |alert: &&Value| field(alert, "brokerwatch.source.path").starts_with(path);
        let mut shown: Vec<String> = found.iter().filter(is_of).map(shown).collect();
        shown.sort();
        shown
    };
    let found = alerts(folder.path(), &["."]);
    for archive in ["./all.zip!", "./all.tar!", "./all.tar.gz!"] {
        assert_eq!(of(&found, archive), alone, "{archive}");
    }
    assert_eq!(of(&found, "./zeek-json.gz").len(), 1);
    assert_eq!(found.len(), 4 * alone.len() + 1);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = mixed();
    let said = |threads: &str, arguments: &[&str]| {
        let run = run(folder.path(), &[arguments, &["--threads", threads, "."]].concat());
        (run.code, run.stdout, run.stderr)
    };
    for arguments in [
        &["scan", "--rules", SEED, "--format", "ndjson", "--stats"][..],
        &["scan", "--rules", SEED, "--mapping", "elastic", "--strict"],
        &["ecs", "--original"],
        &["inspect", "--format", "json"],
        &["query", "network where true"],
        &["query", "FROM * | STATS n = COUNT(*) BY host.name, source.ip, destination.port"],
    ] {
        let one = said("1", arguments);
        assert!(!one.1.is_empty(), "{arguments:?}: {}", one.2);
        assert!(one == said("4", arguments), "{arguments:?}");
    }
}

#[test]
fn a_cut_archive_gives_what_came_before() {
    let all = inputs();
    let members: Vec<(&str, &[u8])> = all.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    let whole = archives::gzip(&archives::tar(&members));
    let folder = alone("all.tar.gz", &whole);
    let events =
        |files: &[Value]| -> u64 { files.iter().filter_map(|file| file["events"].as_u64()).sum() };
    let (_, files) = inspect(folder.path(), &["all.tar.gz"]);
    let (all_events, mut before) = (events(&files), 0);
    for tenth in 1..10 {
        write(folder.path(), "all.tar.gz", &whole[..whole.len() * tenth / 10]);
        let (said, files) = inspect(folder.path(), &["all.tar.gz"]);
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(said.stderr.contains("error: all.tar.gz: "), "{}", said.stderr);
        let given = events(&files);
        assert!(before <= given && given < all_events, "{tenth}: {given} of {all_events}");
        before = given;
    }
    assert!(all_events / 2 < before, "{before} of {all_events}");
}
