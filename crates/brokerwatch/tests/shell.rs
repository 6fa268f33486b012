//! The shell, driven by scripts on standard input.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Two events.
const EVENTS: &str = r#"{"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"network"},"host":{"name":"a"},"destination":{"port":1883}}
{"@timestamp":"2026-01-01T00:00:02Z","event":{"category":"network"},"host":{"name":"b"},"destination":{"port":8883}}
"#;

/// What a script said.
struct Said {
    out: String,
    told: String,
    code: i32,
}

/// Runs a script over the events, with flags.
#[track_caller]
fn shell(flags: &[&str], script: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("events.ndjson"), EVENTS).unwrap();
    std::fs::write(folder.path().join("owners.csv"), "host.name,owner\na,ann\n").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .arg("shell")
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A shell that refuses its arguments has closed it.
    let _ = child.stdin.take().unwrap().write_all(script.as_bytes());
    let output = child.wait_with_output().unwrap();
    // A script is no history.
    assert!(!folder.path().join(".local").exists());
    Said {
        out: String::from_utf8(output.stdout).unwrap(),
        told: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// What a script shows that has nothing to tell.
#[track_caller]
fn check(script: &str, expected: &str, code: i32) {
    let said = shell(&["events.ndjson"], script);
    assert_eq!((said.out.as_str(), said.told.as_str(), said.code), (expected, "", code));
}

#[test]
fn queries_are_answered_in_order() {
    check(
        "FROM * | WHERE destination.port == 1883\n  | KEEP host.name | LIMIT 1;\nROW a = \";\" // not ; here\n;",
        "{\"host.name\":\"a\"}\n{\"a\":\";\"}\n",
        1,
    );
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    check("", "", 0);
    check("FROM * | WHERE destination.port == 1 | LIMIT 1", "", 0);
    check("ROW a = 1; FROM * | WHERE destination.port == 1 | LIMIT 1", "{\"a\":1}\n", 1);
}

#[test]
fn an_error_has_its_place_and_stops_nothing() {
    let said = shell(&["events.ndjson"], "FROM * |\nWHRE a;\nROW a = 1;");
    assert_eq!((said.out.as_str(), said.code), ("{\"a\":1}\n", 2));
    assert!(
        said.told.starts_with("error[ESQL018]: unknown command `WHRE`\n --> query:2:1\n"),
        "{}",
        said.told
    );
}

#[test]
fn eql_is_told_from_its_text() {
    let said = shell(&["events.ndjson"], "network where destination.port == 8883;\nROW a = 1");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!((lines.len(), said.code), (2, 1), "{}{}", said.out, said.told);
    assert!(lines[0].contains("\"port\":8883") && lines[1] == "{\"a\":1}", "{lines:?}");
    let said = shell(&["--format", "csv", "events.ndjson"], "any where true;\nany where;");
    assert!(said.told.contains("events of EQL have no columns"), "{}", said.told);
    assert_eq!((said.out.as_str(), said.code), ("", 2));
}

#[test]
fn formats_are_set_on_the_way() {
    check(
        "ROW a = 1;\n.format csv\n.format\nROW a = 1;\n.format tsv\nROW a = 1, b = 2",
        "{\"a\":1}\ncsv\na\r\n1\r\na\tb\n1\t2\n",
        1,
    );
    let said =
        shell(&["--format", "table", "events.ndjson"], "ROW a = 1;\n.format parquet\n.format");
    assert!(said.out.contains("1 row in ") && said.out.ends_with("table\n"), "{}", said.out);
    assert!(said.told.contains("holds one answer"), "{}", said.told);
    assert_eq!(said.code, 2);
}

#[test]
fn fields_are_those_of_the_events() {
    check(
        ".fields",
        "@timestamp\tdate\ndestination.port\tlong\nevent.category\tkeyword\nhost.name\tkeyword\n",
        0,
    );
    check(".fields host.*", "host.name\tkeyword\n", 0);
}

#[test]
fn tables_are_those_of_the_arguments() {
    let flags = [
        "--source",
        "logs=events.ndjson",
        "--lookup",
        "owners=owners.csv",
        "--policy",
        "sites=owners.csv",
    ];
    let script = ".tables\nFROM logs | LOOKUP JOIN owners ON host.name | WHERE owner == \"ann\" | KEEP owner | LIMIT 1";
    let said = shell(&flags, script);
    let expected = "source\tlogs\nlookup\towners\npolicy\tsites\n{\"owner\":\"ann\"}\n";
    assert_eq!((said.out.as_str(), said.told.as_str(), said.code), (expected, "", 1));
}

#[test]
fn commands_of_the_shell_are_listed_and_others_refused() {
    let said = shell(&["events.ndjson"], ".help\n.nothing\n.quit\nROW a = 1");
    for name in [".help", ".tables", ".fields [PATTERN]", ".format [FORMAT]", ".quit"] {
        assert!(said.out.lines().any(|line| line.starts_with(name)), "{name}: {}", said.out);
    }
    assert!(!said.out.contains("{\"a\":1}"));
    assert_eq!(said.told, "error: unknown command `.nothing`; `.help` lists the commands\n");
    assert_eq!(said.code, 2);
}

#[test]
fn standard_input_is_for_queries() {
    let said = shell(&["-"], "ROW a = 1");
    assert!(said.told.starts_with("error: standard input holds the queries"), "{}", said.told);
    assert_eq!((said.out.as_str(), said.code), ("", 2));
    assert_eq!(shell(&[], "").code, 2);
}

#[test]
fn inputs_that_cannot_be_read_are_an_error() {
    let said = shell(&["events.ndjson", "missing.ndjson"], "FROM * | STATS n = COUNT(*)");
    assert_eq!((said.out.as_str(), said.code), ("{\"n\":2}\n", 2));
    assert!(said.told.contains("error: missing.ndjson: "), "{}", said.told);
}
