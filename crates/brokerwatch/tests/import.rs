//! `import` through the built program: what is kept is what was read, once, whatever happens in between.

#![expect(
    clippy::disallowed_methods,
    reason = "the program under test reads files, which are written here"
)]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A folder with inputs and what is kept of them.
struct Case(tempfile::TempDir);

/// What the program said.
struct Said {
    out: String,
    told: String,
    code: Option<i32>,
}

/// Every event that is kept, each as EQL gives it.
const ALL: &[&str] =
    &["query", "--quiet", "--format", "json", "--size", "100000", "any where true"];

impl Case {
    fn new() -> Case {
        Case(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        command.current_dir(self.path()).env_clear().args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!told.contains("panicked"), "{told}");
        Said { out: String::from_utf8(output.stdout).unwrap(), told, code: output.status.code() }
    }

    /// Imports a file; gives the last line that was told.
    #[track_caller]
    fn import(&self, path: &str) -> String {
        let said = self.run(&["import", path, "--to", "store"]);
        assert_eq!(said.code, Some(0), "{}", said.told);
        said.told.lines().last().unwrap_or_default().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// The parts below a folder, as paths from there.
    fn parts(&self, folder: &str) -> Vec<PathBuf> {
        let root = self.path().join(folder);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "parquet") {
                    found.push(path.strip_prefix(&root).unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// The events of a path, sorted, each as often as it is there.
    #[track_caller]
    fn events(&self, path: &str) -> Vec<String> {
        let said = self.run(&[ALL, &[path]].concat());
        assert!(said.told.is_empty(), "{}", said.told);
        let answer: Value = serde_json::from_str(&said.out).unwrap();
        let events = answer["hits"]["events"].as_array().unwrap();
        let mut events: Vec<String> = events.iter().map(ToString::to_string).collect();
        events.sort();
        events
    }

    /// The rows of a query in ES|QL.
    fn rows(&self, query: &str, path: &str) -> Said {
        self.run(&["query", "--quiet", "--all-rows", "--format", "csv", query, path])
    }
}

/// Events of so many seconds of three hosts, of two data sets, from a second on.
fn events(from: u32, count: u32) -> String {
    let mut text = String::new();
    for n in from..from + count {
        let (day, second) = (1 + n / 1000 % 3, n % 60);
        let dataset = if n % 2 == 0 { "zeek.conn" } else { "sysmon" };
        let event = json!({
            "@timestamp": format!("2026-03-0{day}T10:{:02}:{second:02}.{:03}Z", n / 60 % 60, n % 1000),
            "event": { "category": "network", "dataset": dataset },
            "host": { "name": format!("ws{}", n % 3) },
            "destination": { "ip": format!("203.0.113.{}", n % 200), "port": 1000 + n },
            "process": { "name": format!("p{n}"), "args": ["p", n.to_string()] },
            "own": { "number": n },
        });
        writeln!(text, "{event}").unwrap();
    }
    text
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An alert without the place that its event was read from.
fn placeless(line: &str) -> String {
    let mut alert: Value = serde_json::from_str(line).unwrap();
    let own = alert["brokerwatch"].as_object_mut().unwrap();
    own.remove("source");
    if let Some(events) = own["alert"].pointer_mut("/sequence/events") {
        for event in events.as_array_mut().unwrap() {
            event.as_object_mut().unwrap().remove("source");
        }
    }
    alert.to_string()
}

/// The rules of the test of round trips: an event rule, one that reads what network sensors lack, and a sequence.
const RULES: &[(&str, &str)] = &[
    ("event", r#"query = "any where destination.port in (1883, 8883, 5672)""#),
    (
        "lacking",
        r#"query = "any where destination.port == 1883 and not process.name : \"mosquitto*\"""#,
    ),
    (
        "sequence",
        r#"query = "sequence with maxspan=1h [any where destination.port == 443] [any where destination.port == 1883]""#,
    ),
];

fn rule((name, query): &(&str, &str)) -> String {
    format!(
        "[metadata]\ncreation_date = \"2026/03/01\"\nmaturity = \"production\"\nupdated_date = \"2026/03/01\"\n\n\
         [rule]\nauthor = [\"a\"]\nname = \"{name}\"\ndescription = \"d\"\nrisk_score = 1\nrule_id = \"00000000-0000-4000-8000-{:012}\"\n\
         severity = \"low\"\ntype = \"eql\"\nlanguage = \"eql\"\n{query}\n",
        name.len()
    )
}

#[test]
fn what_is_kept_of_every_source_gives_the_same_alerts_and_rows() {
    let case = Case::new();
    fs::create_dir(case.path().join("rules")).unwrap();
    for rule_of in RULES {
        case.write(&format!("rules/{}.toml", rule_of.0), &rule(rule_of));
    }
    let (mut fired, mut partly) = (0, 0);
    let sources = fs::read_dir(here().join("tests/telemetry/sources")).unwrap();
    let mut inputs: Vec<PathBuf> = sources.map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|end| end == "in"));
    inputs.push(here().join("../../examples/events"));
    assert!(20 < inputs.len());
    for input in inputs {
        let input = input.to_str().unwrap();
        let store = format!("kept-{}", Path::new(input).file_stem().unwrap().to_str().unwrap());
        let said = case.run(&["import", "--quiet", input, "--to", &store]);
        assert_eq!((said.code, said.told), (Some(0), String::new()), "{input}");
        assert_eq!(case.events(input), case.events(&store), "{input}");
        let alerts = |path: &str| {
            let said = case.run(&["scan", "--quiet", "--rules", "rules", "--", path]);
            let mut alerts: Vec<String> = said.out.lines().map(placeless).collect();
            alerts.sort();
            alerts
        };
        let expected = alerts(input);
        fired += expected.len();
        partly += expected.iter().filter(|alert| alert.contains("not_applied")).count();
        assert_eq!(alerts(&store), expected, "{input}");
        for query in [
            "FROM e | SORT @timestamp, process.pid, source.port, destination.port",
            "FROM e | STATS n = COUNT(*) BY destination.ip, destination.port | SORT destination.ip, destination.port",
            "FROM e | WHERE destination.port == 1883 | KEEP @timestamp, destination.* | SORT @timestamp",
            r#"EQL e "any where destination.port == 1883" | KEEP destination.ip"#,
        ] {
            let (here, there) = (case.rows(query, input), case.rows(query, &store));
            assert_eq!((&*here.out, here.code), (&*there.out, there.code), "{input}: {query}");
        }
    }
    assert!(20 < fired && 3 < partly, "{fired} alerts, {partly} of rules applied in part");
}

#[test]
fn what_is_there_is_not_kept_twice() {
    let case = Case::new();
    case.write("a.ndjson", &(events(0, 60) + &events(0, 10)));
    case.write("b.ndjson", &events(50, 20));
    let told = case.import("a.ndjson");
    assert!(told.contains("70 events in 1 files: 60 kept, 10 already there"), "{told}");
    let parts = case.parts("store");
    assert_eq!(parts.len(), 2);
    assert!(parts[0].starts_with("day=2026-03-01/dataset=sysmon"), "{parts:?}");
    let told = case.import("a.ndjson");
    assert!(told.contains("0 kept, 70 already there"), "{told}");
    assert_eq!(case.parts("store"), parts);
    let told = case.import("b.ndjson");
    assert!(told.contains("10 kept, 10 already there"), "{told}");
    assert_eq!(case.events("store").len(), 70);
    // Through another container, it is the same event.
    case.write(
        "bulk.ndjson",
        &events(0, 1).lines().fold(String::new(), |mut text, line| {
            writeln!(text, "{{\"index\":{{}}}}\n{line}").unwrap();
            text
        }),
    );
    assert!(case.import("bulk.ndjson").contains("0 kept, 1 already there"));
}

#[test]
fn small_parts_are_put_together() {
    let case = Case::new();
    case.write("all.ndjson", &events(0, 90));
    let at_once = case.run(&["import", "all.ndjson", "--to", "at-once"]);
    assert_eq!(at_once.code, Some(0), "{}", at_once.told);
    for from in [0, 30, 60] {
        case.write("some.ndjson", &events(from, 30));
        let told = case.import("some.ndjson");
        let compacted = if from == 0 { 0 } else { 2 };
        assert!(told.contains(&format!("{compacted} small ones put together")), "{told}");
    }
    // The same events in the same order are the same file.
    assert_eq!(case.parts("store"), case.parts("at-once"));
    assert_eq!(case.events("store"), case.events("all.ndjson"));
    let (day, journals) = (case.path().join("store/day=2026-03-01"), [".parts.json"]);
    for dataset in ["dataset=sysmon", "dataset=zeek.conn"] {
        for entry in fs::read_dir(day.join(dataset)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.ends_with(".parquet") || journals.contains(&&*name), "{name}");
        }
    }
}

/// At how many moments an import is killed.
const KILLS: u32 = 12;

#[test]
fn an_import_can_be_killed_at_any_moment() {
    let case = Case::new();
    case.write("first.ndjson", &events(0, 200));
    case.write("all.ndjson", &events(0, 3000));
    let began = Instant::now();
    let whole = case.run(&["import", "all.ndjson", "--to", "whole"]);
    assert_eq!(whole.code, Some(0), "{}", whole.told);
    let took = began.elapsed();
    let expected: Vec<String> = case.events("all.ndjson");
    let every: BTreeSet<&String> = expected.iter().collect();
    let first: BTreeSet<String> = case.events("first.ndjson").into_iter().collect();
    let mut killed = 0;
    for at in 0..KILLS {
        let _ = fs::remove_dir_all(case.path().join("store"));
        case.import("first.ndjson");
        let mut child = case.command(&["import", "all.ndjson", "--to", "store"]).spawn().unwrap();
        std::thread::sleep(took * at / KILLS);
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        // Nothing is there twice, nothing that was there is gone, and nothing is there that never was.
        let there = case.events("store");
        let set: BTreeSet<&String> = there.iter().collect();
        assert_eq!(set.len(), there.len(), "kill {at}: events are there twice");
        assert!(first.iter().all(|event| set.contains(event)), "kill {at}: events are gone");
        assert!(set.is_subset(&every), "kill {at}");
        let rows = case.rows("FROM e | STATS COUNT(*)", "store").out;
        assert_eq!(rows, format!("COUNT(*)\r\n{}\r\n", there.len()), "kill {at}");
        case.import("all.ndjson");
        assert_eq!(case.parts("store"), case.parts("whole"), "kill {at}");
    }
    assert!(KILLS / 2 < killed, "{killed} imports were killed");
    assert_eq!(case.events("store"), expected);
    assert!(!case.path().join("store/.staging").exists());
}

#[test]
fn groups_of_rows_are_left_out_by_what_is_said_of_them() {
    let case = Case::new();
    case.write("all.ndjson", &events(0, 3000));
    case.import("all.ndjson");
    let said = |query: &str| case.run(&["query", "--quiet", "--explain", query, "store"]).out;
    let counts =
        |said: &str, counter: &str, left: &str| said.contains(&format!(", {counter}={left}"));
    // One of the three days, each with two data sets: the files of the others are not opened.
    let time = said(r#"FROM e | WHERE @timestamp < "2026-03-02T00:00:00Z" | STATS COUNT(*)"#);
    assert!(time.contains("RowsExec: files=2, passed_over=4,"), "{time}");
    assert!(counts(&time, "row_groups_pruned_statistics", "2 total → 2 matched"), "{time}");
    // A day whose files have columns of their own is passed over, too, and all of them are.
    for (query, told) in [
        (r#"@timestamp >= "2026-03-02" AND @timestamp < "2026-03-03""#, "files=2, passed_over=4,"),
        (r#"NOT @timestamp < "2026-03-03" OR destination.port == 1"#, "files=6, passed_over=0,"),
        (r#"@timestamp > "2026-04-01""#, "EmptyExec"),
    ] {
        let told_of = said(&format!("FROM e | WHERE {query} | KEEP host.name"));
        assert!(told_of.contains(told), "{query}: {told_of}");
    }
    // Between the least and the greatest name everywhere, and nowhere.
    let name = said(r#"FROM e | WHERE process.name == "p1000x" | KEEP host.name"#);
    assert!(counts(&name, "row_groups_pruned_bloom_filter", "3 total → 0 matched"), "{name}");
    assert!(!name.contains("_source"), "{name}");
    let address = said(r#"FROM e | WHERE destination.ip == "203.0.113.201" | KEEP host.name"#);
    assert!(counts(&address, "row_groups_pruned_statistics", "6 total → 0 matched"), "{address}");
}

#[test]
fn a_scan_opens_the_days_alone_that_it_is_asked_for() {
    let case = Case::new();
    fs::create_dir(case.path().join("rules")).unwrap();
    case.write("rules/all.toml", &rule(&("all", "query = \"any where true\"")));
    case.write("all.ndjson", &(events(0, 3000) + "{\"event\":{\"dataset\":\"d\"}}\n"));
    case.import("all.ndjson");
    let scan = |path: &str, more: &[&str]| {
        case.run(&[&["scan", "--rules", "rules"], more, &["--", path]].concat())
    };
    // What is not to be opened cannot be read.
    let parts = case.parts("store");
    for part in parts.iter().filter(|part| !part.starts_with("day=2026-03-02")) {
        fs::write(case.path().join("store").join(part), "PAR1 and no more").unwrap();
    }
    for (more, not_opened) in [
        (["--since", "2026-03-02T10:10:00Z", "--until", "2026-03-03"].as_slice(), 5),
        (&["--since", "2026-03-02", "--until", "2026-03-02T10:00:00Z"], 5),
    ] {
        let (here, there) = (scan("all.ndjson", more), scan("store", more));
        assert_eq!(here.code, there.code, "{more:?}: {}", there.told);
        let sorted = |said: &Said| {
            let mut alerts: Vec<String> = said.out.lines().map(placeless).collect();
            alerts.sort();
            alerts
        };
        assert_eq!(sorted(&here), sorted(&there), "{more:?}");
        let told = format!("note: {not_opened} files of other days were not opened");
        assert!(there.told.contains(&told) && !here.told.contains("not opened"), "{}", there.told);
    }
    // Without an end, all that comes later is read.
    let said = scan("store", &["--since", "2026-03-02"]);
    assert_eq!(said.code, Some(2), "{}", said.told);
    assert!(said.told.contains("day=2026-03-03") && !said.told.contains("day=2026-03-01"));
}

#[test]
fn a_part_that_is_cut_is_named_and_the_rest_is_read() {
    let case = Case::new();
    case.write("all.ndjson", &events(0, 3000));
    case.import("all.ndjson");
    let cut = case.path().join("store").join(&case.parts("store")[0]);
    let bytes = fs::read(&cut).unwrap();
    let name = cut.file_name().unwrap().to_str().unwrap().to_owned();
    for length in [4, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&cut, &bytes[..length]).unwrap();
        let said = case.run(&[ALL, &["store"]].concat());
        assert_eq!(said.code, Some(2), "{}", said.told);
        assert!(said.told.contains(&name), "{}", said.told);
        let answer: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(answer["hits"]["events"].as_array().map(Vec::len), Some(2500));
        let said = case.run(&["query", "--format", "csv", "FROM e | STATS COUNT(*)", "store"]);
        assert_eq!((said.out.as_str(), said.code), ("COUNT(*)\r\n2500\r\n", Some(2)));
        assert!(said.told.contains(&name), "{}", said.told);
        // Of the other partitions, what is new is kept.
        let said = case.run(&["import", "all.ndjson", "--to", "store"]);
        assert_eq!(said.code, Some(2));
        assert!(
            said.told.contains(&name) && said.told.contains("500 events are in no part"),
            "{}",
            said.told
        );
    }
    // A page that is not what it was.
    let mut broken = bytes.clone();
    let footer = bytes.len() - 8;
    let footer_bytes: [u8; 4] = bytes[footer..footer + 4].try_into().unwrap();
    broken[4..footer - u32::from_le_bytes(footer_bytes) as usize].fill(0xAA);
    fs::write(&cut, &broken).unwrap();
    let said = case.run(&[ALL, &["store"]].concat());
    assert_eq!(said.code, Some(2), "{}", said.told);
    assert!(said.told.contains(&name), "{}", said.told);
}

#[test]
fn a_check_finds_what_is_not_whole() {
    let case = Case::new();
    let check = || {
        let said = case.run(&["import", "--check", "store"]);
        (said.code, said.out, said.told)
    };
    let (code, _, told) = check();
    assert_eq!(code, Some(2), "{told}");
    case.write("all.ndjson", &(events(0, 3000) + "{\"n\":4}\n"));
    case.write("some.ndjson", &events(0, 10));
    case.import("some.ndjson");
    case.import("all.ndjson");
    let (code, out, told) = check();
    assert_eq!((code, &*out), (Some(0), ""), "{told}");
    let whole = "3001 events in 7 parts of 7 partitions: 0 findings, 0 events there more than once";
    assert_eq!(told.trim(), whole);
    // Two parts hold the same events, as when somebody copied one there.
    let other = case.run(&["import", "some.ndjson", "--to", "other"]);
    assert_eq!(other.code, Some(0), "{}", other.told);
    let copied = case.parts("other").remove(0);
    let (from, to) =
        (case.path().join("other").join(&copied), case.path().join("store").join(&copied));
    fs::copy(from, &to).unwrap();
    let (code, out, told) = check();
    assert_eq!(code, Some(1), "{told}");
    assert!(
        out.contains("dataset=sysmon\"") && out.contains("\"5 events are there more than once\""),
        "{out}"
    );
    fs::remove_file(to).unwrap();
    // What an import that was killed leaves.
    let staging = case.path().join("store/.staging");
    fs::create_dir(&staging).unwrap();
    let journal = case.path().join("store").join(&copied).with_file_name(".parts.json");
    fs::write(&journal, r#"{"generation":1,"hidden":["part-1.parquet"]}"#).unwrap();
    let (code, out, told) = check();
    assert_eq!((code, out.lines().count()), (Some(1), 2), "{out}{told}");
    case.import("some.ndjson");
    assert_eq!(check().0, Some(0));
    // A bit that is not what it was, and a part that is of another day.
    let part = case.path().join("store").join(&case.parts("store")[0]);
    let bytes = fs::read(&part).unwrap();
    let mut broken = bytes.clone();
    broken[bytes.len() / 2] ^= 1;
    fs::write(&part, broken).unwrap();
    let (code, out, told) = check();
    assert_eq!(code, Some(2), "{told}");
    assert!(out.contains("its bytes are not those that were written\""), "{out}");
    fs::write(&part, &bytes).unwrap();
    let moved = PathBuf::from(part.to_str().unwrap().replace("day=2026-03-01", "day=2026-03-02"));
    fs::rename(&part, moved).unwrap();
    let (code, out, told) = check();
    assert_eq!(code, Some(2), "{told}");
    assert!(out.contains("is of another day"), "{out}");
}

#[test]
fn fields_may_change_their_types_and_come_and_go() {
    let case = Case::new();
    let event = |day: u32, more: &str| {
        format!(r#"{{"@timestamp":"2026-03-0{day}T00:00:00Z","event":{{"dataset":"d"}},{more}}}"#)
            + "\n"
    };
    for (day, more) in [
        (1, r#""x":1,"only":"first""#),
        (2, r#""x":"text","process":{"pid":4}"#),
        (3, r#""x":[2.5,"t"],"process":{"pid":"no number"}"#),
        (3, r#""x":null,"y":{"z":true}"#),
    ] {
        let text = event(day, more);
        case.write("some.ndjson", &text);
        case.import("some.ndjson");
        fs::write(
            case.path().join("all.ndjson"),
            [fs::read_to_string(case.path().join("all.ndjson")).unwrap_or_default(), text].concat(),
        )
        .unwrap();
    }
    assert_eq!(case.events("store"), case.events("all.ndjson"));
    for query in [
        "FROM e | EVAL x = x::STRING | KEEP @timestamp, x, only, process.pid, y.z | SORT @timestamp, y.z",
        r#"FROM e | WHERE x == "text" | KEEP @timestamp"#,
        "FROM e | STATS c = COUNT(only), p = COUNT(process.pid)",
        r#"EQL e "any where process.pid == 4" | KEEP x"#,
    ] {
        assert_eq!(case.rows(query, "store").out, case.rows(query, "all.ndjson").out, "{query}");
    }
}

#[test]
fn days_are_of_utc_and_names_are_safe() {
    let case = Case::new();
    case.write(
        "odd.ndjson",
        concat!(
            r#"{"@timestamp":"2026-03-01T23:30:00-02:00","event":{"dataset":"../../Etc"},"n":1}"#,
            "\n",
            r#"{"@timestamp":"0044-03-15T00:00:00Z","data_stream":{"dataset":"b"},"n":2}"#,
            "\n",
            r#"{"@timestamp":"9999-01-01T00:00:00Z","n":3}"#,
            "\n",
            r#"{"n":4}"#,
            "\n",
            r#"{"@timestamp":"never","n":5}"#,
            "\n",
            r#"{"n":4}"#,
            "\n",
            "no json\n",
        ),
    );
    let said = case.run(&["import", "odd.ndjson", "--to", "store"]);
    assert_eq!(said.code, Some(0), "{}", said.told);
    assert!(said.told.contains("5 kept, 1 already there, 1 malformed"), "{}", said.told);
    let folders: Vec<String> = case
        .parts("store")
        .iter()
        .map(|part| part.parent().unwrap().display().to_string())
        .collect();
    assert_eq!(
        folders,
        [
            "day=0044-03-15/dataset=b",
            "day=2026-03-02/dataset=.._.._etc",
            "day=9999-01-01/dataset=ecs",
            "day=none/dataset=ecs",
        ]
    );
    assert!(
        case.run(&["import", "odd.ndjson", "--to", "store"])
            .told
            .contains("0 kept, 6 already there")
    );
    let rows = case.rows("FROM e | SORT n | KEEP n, @timestamp", "store").out;
    let expected = "n,@timestamp\r\n1,2026-03-02T01:30:00.000Z\r\n2,0044-03-15T00:00:00.000Z\r\n3,9999-01-01T00:00:00.000Z\r\n4,\r\n5,\r\n";
    assert_eq!(rows, expected);
    // A part of the folder by a pattern.
    let rows = case.rows("FROM e | STATS COUNT(*)", "store/day=2026-*/**").out;
    assert_eq!(rows, "COUNT(*)\r\n1\r\n");
}

#[test]
fn ids_indices_and_alerts_of_hits_stay_what_they_were() {
    let case = Case::new();
    case.write(
        "hits.ndjson",
        concat!(
            r#"{"_index":"logs-a","_id":"7","_source":{"@timestamp":"2026-03-01T00:00:00Z","destination":{"port":1883}}}"#, "\n",
            r#"{"_index":"logs-b","_id":"7","_source":{"@timestamp":"2026-03-01T00:00:00Z","destination":{"port":1883}}}"#, "\n",
        ),
    );
    case.import("hits.ndjson");
    let query = "FROM e METADATA _id, _index | KEEP _id, _index | SORT _index";
    assert_eq!(case.rows(query, "store").out, "_id,_index\r\n7,logs-a\r\n7,logs-b\r\n");
    case.write("rule.toml", &rule(&RULES[0]));
    let alerts = |path: &str| {
        let said = case.run(&["scan", "--quiet", "--rules", "rule.toml", "--", path]);
        let mut alerts: Vec<String> = said.out.lines().map(placeless).collect();
        alerts.sort();
        alerts
    };
    assert_eq!(alerts("store"), alerts("hits.ndjson"));
    assert_eq!(alerts("store").len(), 2);
}

#[test]
fn one_import_waits_for_another() {
    let case = Case::new();
    case.write("a.ndjson", &events(0, 3));
    fs::create_dir(case.path().join("store")).unwrap();
    let lock = fs::File::create(case.path().join("store/.lock")).unwrap();
    lock.lock().unwrap();
    let mut child = case.command(&["import", "a.ndjson", "--to", "store"]).spawn().unwrap();
    let mut told = [0; 26];
    child.stderr.as_mut().unwrap().read_exact(&mut told).unwrap();
    assert_eq!(&told, b"note: another import into ");
    std::thread::sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none());
    assert!(case.parts("store").is_empty());
    drop(lock);
    assert!(child.wait().unwrap().success());
    assert_eq!(case.events("store").len(), 3);
}

#[test]
fn a_part_that_is_no_file_of_its_own_has_to_be_unpacked() {
    let case = Case::new();
    case.write("a.ndjson", &events(0, 3));
    case.import("a.ndjson");
    let part = case.path().join("store").join(case.parts("store").remove(0));
    for query in ["any where true", "FROM e"] {
        let mut command = case.command(&["query", query, "-"]);
        let output = command.stdin(fs::File::open(&part).unwrap()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("inside a stream or an archive, which has to be unpacked"), "{told}");
    }
}

#[test]
fn parquet_of_other_people_has_no_events() {
    let case = Case::new();
    case.write("a.ndjson", &events(0, 3));
    let rows =
        case.command(&["query", "--format", "parquet", "FROM e", "a.ndjson"]).output().unwrap();
    fs::write(case.path().join("rows.parquet"), rows.stdout).unwrap();
    let said = case.run(&["import", "rows.parquet", "--to", "store"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.told.contains("rows.parquet") && said.told.contains("that no import wrote"),
        "{}",
        said.told
    );
    let said = case.rows(r#"EQL e "any where true""#, "rows.parquet");
    assert!(said.told.contains("`brokerwatch import`"), "{}", said.told);
    assert_eq!(case.rows("FROM e | STATS COUNT(*)", "rows.parquet").out, "COUNT(*)\r\n3\r\n");
}
