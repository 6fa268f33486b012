//! `guide` through the command line: an alert from `scan` to the answers of its guide, alerts to choose from, and what an
//! alert must not be able to do.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/events");
const SEED: &str = "b6c4a1de-0c53-4b8e-9d0f-5a7a3e1f2c94";

/// A folder with files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Folder(folder)
    }

    fn run(&self, arguments: &[&str]) -> (String, String, i32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        command.current_dir(self.0.path()).env_clear().stdin(Stdio::null()).args(arguments);
        let Output { stdout, stderr, status } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(stdout), text(stderr), status.code().unwrap())
    }

    /// The JSON of a guide, and the exit code.
    #[track_caller]
    fn guide(&self, arguments: &[&str]) -> (Value, i32) {
        let (stdout, stderr, code) =
            self.run(&[&["guide", "--format", "json"], arguments].concat());
        let document = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
        (document, code)
    }
}

fn lines(documents: &[Value]) -> String {
    documents.iter().flat_map(|document| [document.to_string(), "\n".to_owned()]).collect()
}

/// Two events of one process, one of another host to the same broker, and one of nothing in common.
fn telemetry() -> String {
    let event = |time: &str, host: &str, process: &str, ip: &str| {
        json!({
            "@timestamp": format!("2026-03-01T{time}Z"),
            "event": {"category": ["network"], "kind": "event", "action": "connection_attempted"},
            "host": {"id": host, "name": host}, "process": {"entity_id": process, "name": "beam"},
            "destination": {"ip": ip, "port": 1883},
        })
    };
    lines(&[
        event("11:59:00", "h1", "p1", "203.0.113.9"),
        event("12:00:00", "h1", "p1", "203.0.113.9"),
        event("12:30:00", "h2", "p2", "203.0.113.9"),
        event("12:40:00", "h3", "p3", "203.0.113.77"),
        // Days too early for the searches of the guide.
        json!({"@timestamp": "2026-02-20T12:00:00Z", "event": {"category": "network"}, "process": {"entity_id": "p1"}}),
    ])
}

fn alert(id: &str, host: &str) -> Value {
    json!({
        "@timestamp": "2026-03-01T12:00:00Z", "event": {"kind": "alert", "risk_score": 47},
        "host": {"id": host, "name": host}, "process": {"entity_id": "p1", "name": "beam"},
        "destination": {"ip": "203.0.113.9", "port": 1883},
        "rule": {"id": SEED, "name": "Outbound Publish/Subscribe Protocol Connection"},
        "brokerwatch": {"alert": {"id": id, "severity": "medium", "reasons": [
            {"condition": "destination.port in (1883)", "values": {"destination.port": ["1883"]}}
        ]}},
    })
}

#[test]
fn an_alert_of_a_scan_gets_answers() {
    let folder = Folder::new(&[]);
    let (alerts, _, code) =
        folder.run(&["scan", "--format", "ndjson", "--rules", RULE, "--", EVENTS]);
    assert_eq!(code, 1);
    std::fs::write(folder.0.path().join("alerts.ndjson"), &alerts).unwrap();
    // One of each few, because every search reads the telemetry once more.
    for (number, line) in alerts.lines().enumerate().step_by(5) {
        let alert: Value = serde_json::from_str(line).unwrap();
        let id = alert["brokerwatch"]["alert"]["id"].as_str().unwrap();
        let (guide, code) = folder.guide(&["alerts.ndjson", EVENTS, "--id", id, "--rules", RULE]);
        assert_eq!(guide["alert"]["id"], id, "alert {number}");
        assert_eq!(guide["rule"]["has_guide"], true);
        assert!(code < 2);
        for search in guide["investigations"].as_array().unwrap() {
            let asked = !search["esql"].is_null();
            assert_eq!(search["ran"], asked, "{search}");
            assert!(asked || !search["missing"].as_array().unwrap().is_empty(), "{search}");
        }
    }
}

/// The rule whose guide is shown.
const RULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guide/rule.toml");

#[test]
fn searches_run_around_the_alert_with_its_values() {
    let alerts = lines(&[alert("a1", "h1")]);
    let folder = Folder::new(&[("alerts.ndjson", &alerts), ("events.ndjson", &telemetry())]);
    let (guide, code) = folder.guide(&["alerts.ndjson", "events.ndjson", "--rules", RULE]);
    assert_eq!(code, 1);
    let searches = guide["investigations"].as_array().unwrap();
    let counts: Vec<_> = searches.iter().map(|search| search["count"].as_u64()).collect();
    assert_eq!(counts, [Some(2), Some(1)], "{guide:#}");
    assert_eq!(searches[1]["rows"][0]["host.name"], "h2");
}

#[test]
fn without_telemetry_the_searches_are_to_be_copied_and_run_as_they_are() {
    let alerts = lines(&[alert("a1", "h1")]);
    let folder = Folder::new(&[("alerts.ndjson", &alerts), ("events.ndjson", &telemetry())]);
    let (guide, code) = folder.guide(&["alerts.ndjson", "--rules", RULE]);
    assert_eq!(code, 0);
    for (search, count) in guide["investigations"].as_array().unwrap().iter().zip([2, 1]) {
        assert_eq!(search["ran"], false);
        let esql = search["esql"].as_str().unwrap();
        let (rows, told, _) = folder.run(&["query", "--format", "ndjson", esql, "events.ndjson"]);
        assert_eq!(rows.lines().count(), count, "{esql}\n{told}");
    }
}

#[test]
fn a_page_has_the_summary_the_guide_and_the_answers() {
    let alerts = lines(&[alert("a1", "h1")]);
    let folder = Folder::new(&[("alerts.ndjson", &alerts), ("events.ndjson", &telemetry())]);
    let page = |format: &str| {
        folder.run(&[
            "guide",
            "alerts.ndjson",
            "events.ndjson",
            "--format",
            format,
            "--rules",
            RULE,
        ])
    };
    golden("page.md", &page("markdown").0);
    golden("page.txt", &page("text").0);
}

/// Holds a text to a committed one.
#[track_caller]
fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/guide/{name}", env!("CARGO_MANIFEST_DIR"));
    expect_test::expect_file![path].assert_eq(text);
}

#[test]
fn an_alert_without_a_known_rule_gets_searches_that_fit_any() {
    let mut strange = alert("a1", "h1");
    strange["rule"]["id"] = json!("00000000-0000-4000-8000-000000000000");
    let folder = Folder::new(&[("a.ndjson", &lines(&[strange])), ("events.ndjson", &telemetry())]);
    let (guide, code) = folder.guide(&["a.ndjson", "events.ndjson"]);
    assert_eq!((code, &guide["rule"]), (1, &Value::Null));
    assert_eq!(guide["investigations_are_generic"], true);
    let counts: Vec<_> = guide["investigations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["count"].as_u64())
        .collect();
    assert_eq!(counts, [Some(2), Some(2), Some(3), None, None], "{guide:#}");
    let (page, _, _) = folder.run(&["guide", "a.ndjson"]);
    assert!(page.contains("`--rules PATH` says where it is"), "{page}");
}

#[test]
fn related_alerts_come_from_the_file_and_from_telemetry() {
    let other = lines(&[alert("a3", "h1"), alert("a1", "h1")]);
    let mut far = alert("a4", "h9");
    far["process"] = json!({});
    far["destination"] = json!({"ip": "203.0.113.200"});
    let alerts = lines(&[alert("a1", "h1"), alert("a2", "h7"), far]);
    let folder = Folder::new(&[("alerts.ndjson", &alerts), ("old.ndjson", &other)]);
    let (guide, _) = folder.guide(&["alerts.ndjson", "old.ndjson", "--id", "a1", "--rules", RULE]);
    let related: Vec<_> = guide["related_alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| format!("{}: {}", each["id"], each["shares"]))
        .collect();
    assert_eq!(
        related,
        ["\"a2\": [\"process\",\"destination\"]", "\"a3\": [\"process\",\"host\",\"destination\"]"]
    );
    // The alerts repeat the event, and a search for events leaves them out.
    assert_eq!(guide["investigations"][0]["count"], 0);
}

#[test]
fn related_alerts_are_counted_beyond_the_rows_that_are_shown() {
    let others: Vec<Value> = (0..15).map(|number| alert(&format!("b{number}"), "h1")).collect();
    let alerts = lines(&[alert("a1", "h1")]);
    let folder = Folder::new(&[("alerts.ndjson", &alerts), ("old.ndjson", &lines(&others))]);
    let (guide, _) = folder.guide(&["alerts.ndjson", "old.ndjson", "--rows", "3", "--rules", RULE]);
    assert_eq!(guide["related_alerts"].as_array().unwrap().len(), 15);
    let (page, _, _) = folder.run(&["guide", "alerts.ndjson", "old.ndjson", "--rows", "3"]);
    assert!(
        page.contains("**15 other alerts share something with this one**; the first 3:"),
        "{page}"
    );
}

#[test]
fn a_hostile_alert_is_shown_and_searched_as_text() {
    let mut hostile = alert("a1", "h1");
    let value = "\u{1b}]0;x\u{7}\" or \"\"\" ) | LIMIT 1 // ` **b** \u{202e}| x\n# head";
    hostile["process"]["entity_id"] = json!(value);
    hostile["host"]["name"] = json!(value);
    hostile["rule"]["name"] = json!(value);
    let folder = Folder::new(&[("a.ndjson", &lines(&[hostile])), ("events.ndjson", &telemetry())]);
    for format in ["text", "markdown"] {
        let (page, told, code) = folder.run(&[
            "guide",
            "a.ndjson",
            "events.ndjson",
            "--format",
            format,
            "--rules",
            RULE,
        ]);
        assert_eq!(code, 1, "{told}");
        let bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!page.contains(bad), "{page:?}");
        assert!(!page.lines().any(|line| line.starts_with("# head")), "{page}");
    }
    let (guide, _) = folder.guide(&["a.ndjson", "events.ndjson", "--rules", RULE]);
    assert_eq!(guide["investigations"][0]["count"], 0, "{guide:#}");
    assert_eq!(guide["investigations"][0]["ran"], true, "{guide:#}");
}

#[track_caller]
fn check_error(files: &[(&str, &str)], arguments: &[&str], expected: &Expect) {
    let folder = Folder::new(files);
    let (stdout, stderr, code) = folder.run(&[&["guide"], arguments].concat());
    assert_eq!(code, 2, "{stdout}{stderr}");
    expected.assert_eq(&stderr);
}

#[test]
fn errors_tell_the_way_out() {
    let two = lines(&[alert("a1", "h1"), alert("a2", "h2")]);
    check_error(
        &[("a.ndjson", &two)],
        &["a.ndjson"],
        &expect![[r"
        error: there are 2 alerts; choose one with --id
            1  a1  2026-03-01T12:00:00Z  h1  Outbound Publish/Subscribe Protocol Connection
            2  a2  2026-03-01T12:00:00Z  h2  Outbound Publish/Subscribe Protocol Connection
    "]],
    );
    check_error(
        &[("a.ndjson", &two)],
        &["a.ndjson", "--id", "zz"],
        &expect![[r"
        error: no alert has the id or number `zz`; there are
            1  a1  2026-03-01T12:00:00Z  h1  Outbound Publish/Subscribe Protocol Connection
            2  a2  2026-03-01T12:00:00Z  h2  Outbound Publish/Subscribe Protocol Connection
    "]],
    );
    check_error(
        &[("a.ndjson", "{\"a\": 1}\nno\n")],
        &["a.ndjson"],
        &expect![[r"
            warning: a.ndjson:1: no alert: it has neither `rule.id` nor `rule.name`
            warning: a.ndjson:2: no JSON: expected ident at column 2
            error: a.ndjson: there are no alerts; `brokerwatch scan --format ndjson PATH > alerts.ndjson` writes some
        "]],
    );
    check_error(
        &[],
        &["none.ndjson"],
        &expect![[r"
        error: none.ndjson: No such file or directory (os error 2)
    "]],
    );
    check_error(
        &[("a.ndjson", &two)],
        &["-", "-"],
        &expect![[r"
        error: standard input is either the alerts or the telemetry; name one of them as a file
    "]],
    );
}
