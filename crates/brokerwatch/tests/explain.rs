//! `explain`, held to golden outputs: each case is a file with the arguments, one a line, and the files they name; what is
//! expected is the text for people and the JSON document.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use brokerwatch_testkit::golden;
use serde_json::Value;

/// What begins the name of a file inside a case.
const FILE: &str = "\n--- ";

#[test]
fn explanations_are_those_expected() {
    golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain"), |case| {
        let dir = tempfile::tempdir().unwrap();
        let args = unpack(case, dir.path());
        let text = explain(dir.path(), &args);
        let json =
            explain(dir.path(), &[args, vec!["--format".to_owned(), "json".to_owned()]].concat());
        assert_eq!(text.status.code(), json.status.code(), "the format changes nothing else");
        let mut shown = format!("exit code {}\n", text.status.code().unwrap());
        for (title, bytes) in
            [("errors", &text.stderr), ("text", &text.stdout), ("json", &json.stdout)]
        {
            if !bytes.is_empty() {
                write!(shown, "\n== {title}\n{}", str::from_utf8(bytes).unwrap()).unwrap();
            }
        }
        shown
    });
}

#[test]
fn any_number_of_threads_gives_the_same_explanation() {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for file in 0..6 {
        let mut events = String::new();
        for line in 0..200 {
            // Many events are equally near, so that a wrong order would show.
            let port = 1880 + (file * 7 + line) % 5;
            let user = (file + line) % 3;
            writeln!(
                events,
                r#"{{"@timestamp":{},"event.category":"network","destination.port":{port},"user.id":"{user}"}}"#,
                1_000 * (line * 6 + file)
            )
            .unwrap();
        }
        let name = format!("{file}.ndjson");
        std::fs::write(dir.path().join(&name), events).unwrap();
        paths.push(name);
    }
    let event = "network where destination.port == 1883 and user.id == \"3\" and process.pid == 4";
    let fires = "network where destination.port == 1883 and user.id == \"2\"";
    let sequence = "sequence by user.id with maxspan=1s [network where destination.port == 1883] \
                    [network where destination.port == 1884] [network where destination.port == 7]";
    for (query, more) in [(event, "--near=5"), (fires, "--limit=4"), (sequence, "--near=2")] {
        let outputs: Vec<Vec<u8>> = [1, 2, 8]
            .into_iter()
            .map(|threads| {
                let mut args = vec![format!("--query={query}"), more.to_owned()];
                args.extend([format!("--threads={threads}"), "--format=json".to_owned()]);
                args.extend(paths.iter().cloned());
                let output = explain(dir.path(), &args);
                assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
                output.stdout
            })
            .collect();
        let one: Value = serde_json::from_slice(&outputs[0]).unwrap();
        assert_eq!(one["version"], 1);
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{query}");
    }
}

#[test]
fn the_nearest_come_first_and_of_equally_near_ones_the_earlier() {
    let dir = tempfile::tempdir().unwrap();
    let events = (0..50).fold(String::new(), |mut text, i| {
        let (a, b) = (i % 3, i % 5);
        writeln!(text, r#"{{"event.id":"{i}","a":{a},"b":{b}}}"#).unwrap();
        text
    });
    std::fs::write(dir.path().join("events.ndjson"), events).unwrap();
    let args = [
        "--query=any where a == 0 and b == 0 and c == 0",
        "--near=6",
        "--format=json",
        "events.ndjson",
    ];
    let output = explain(dir.path(), &args.map(str::to_owned));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines: Vec<u64> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["place"]["line"].as_u64().unwrap() - 1)
        .collect();
    // `a` and `b` are both 0 in every fifteenth event; the others miss two.
    assert_eq!(lines, [0, 15, 30, 45, 3, 5]);
}

/// Writes the files of a case; gives its arguments.
fn unpack(case: &str, dir: &Path) -> Vec<String> {
    let mut parts = case.split(FILE);
    let args = parts.next().unwrap_or_default();
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap();
        std::fs::write(dir.join(name), format!("{}\n", text.trim_end_matches('\n'))).unwrap();
    }
    args.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn explain(dir: &Path, args: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .arg("explain")
        .args(args)
        .current_dir(dir)
        .env_remove("BROKERWATCH_THREADS")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}
