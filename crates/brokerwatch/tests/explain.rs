//! `explain`, held to golden outputs: each case is a file with the arguments, one a line, and the files they name; what is
//! expected is the text for people and the JSON document.

#![expect(
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

mod random;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use brokerwatch_testkit::golden;
use random::Random;
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

/// The replay that explains sequences and the machine that runs them were written apart from each other.
#[test]
fn complete_sequences_are_those_that_the_query_finds() {
    let shapes = [
        "sequence [A] [B] [C]",
        "sequence by u with maxspan=4s [A] [B] [A]",
        "sequence by ?u with maxspan=5s [A] [B] until [C]",
        "sequence by u with maxspan=3s [A] with runs=2 [B] until [B]",
        "sequence by u with maxspan=4s [A] ![B] [C]",
        "sequence with maxspan=4s ![C] [A] [B] ![D]",
    ];
    let mut random = Random::new(20_260_301);
    let (mut complete, dir) = (0, tempfile::tempdir().unwrap());
    for shape in shapes.iter().cycle().take(30) {
        let query = ["A", "B", "C", "D"].iter().fold((*shape).to_owned(), |query, letter| {
            let condition = format!("any where x : \"*{}*\"", letter.to_lowercase());
            query.replace(&format!("[{letter}]"), &format!("[{condition}]"))
        });
        let events = (0..30).fold(String::new(), |mut text, i| {
            let user = random.pick(&["", r#","u":"p""#, r#","u":"q""#, r#","u":["q","p"]"#]);
            let (time, x) =
                (500 * random.below(40), random.pick(&["a", "b", "c", "ab", "bc", "d"]));
            writeln!(text, r#"{{"@timestamp":{time},"event.id":"{i}","x":"{x}"{user}}}"#).unwrap();
            text
        });
        std::fs::write(dir.path().join("events.ndjson"), &events).unwrap();
        let (found, explained) = (found(dir.path(), &query), completed(dir.path(), &query));
        assert_eq!(found, explained, "{query} over\n{events}");
        complete += found.len();
    }
    assert!(30 < complete, "too few sequences to tell: {complete}");
}

/// The events of each sequence that a query finds, by their place from 1; sequences in any order.
fn found(dir: &Path, query: &str) -> Vec<Vec<u64>> {
    let output = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(["query", "--format=json", "--size=1000", query, "events.ndjson"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |event: &Value| {
        let id = event["_source"]["event.id"].as_str();
        id.map(|id| id.parse::<u64>().unwrap() + 1)
    };
    let sequences = answer["hits"]["sequences"].as_array().unwrap().iter();
    let mut found: Vec<Vec<u64>> = sequences
        .map(|sequence| sequence["events"].as_array().unwrap().iter().filter_map(number).collect())
        .collect();
    found.sort_unstable();
    found
}

/// The same, from the explanation.
fn completed(dir: &Path, query: &str) -> Vec<Vec<u64>> {
    let args = [format!("--query={query}"), "--limit=1000".into(), "--format=json".into()];
    let output = explain(dir, &[&args[..], &["events.ndjson".to_owned()]].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    if document["shown"] != "fired" {
        assert_eq!(document["fired"], 0);
        return Vec::new();
    }
    let line = |event: &Value| event["place"]["line"].as_u64().unwrap();
    let attempts = document["attempts"].as_array().unwrap().iter();
    let mut found: Vec<Vec<u64>> = attempts
        .map(|attempt| attempt["events"].as_array().unwrap().iter().map(line).collect())
        .collect();
    found.sort_unstable();
    found
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
