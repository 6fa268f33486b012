//! The evasion matrix: its fixtures can be read, the seed gets the letters that it is known for, and the pack its score.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use expect_test::expect_file;
use serde_json::Value;

fn brokerwatch(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(arguments).arg("--no-config").output().unwrap()
}

/// The lines of JSON that a run of the matrix writes; the last one holds the totals.
fn rows(arguments: &[&str]) -> (Vec<Value>, Value, Option<i32>) {
    let output = brokerwatch(&[&["matrix", "--format", "json"], arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Reasons are for people, and JSON has no colours.
    assert!(!text.contains("\\u001b"), "a colour in JSON");
    let totals =
        lines.pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (lines, totals, output.status.code())
}

/// The inputs that `inspect` tells of.
fn inputs(text: &str) -> Vec<Value> {
    let told: Value = serde_json::from_str(text).unwrap();
    told.as_array().unwrap().clone()
}

fn pages() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/pubsub/matrix");
    let mut pages: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_row_has_a_page() {
    let numbers = |start: char, count| (1..=count).map(move |number| format!("{start}{number:02}"));
    let expected: Vec<String> = numbers('E', 54).chain(numbers('V', 22)).collect();
    let found: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, expected);
}

#[test]
fn all_telemetry_is_read_and_is_of_the_source_that_the_page_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = BTreeMap::new();
    for (name, text) in pages() {
        for (number, block) in text.split("\n```").enumerate() {
            let (info, records) = block.split_once('\n').unwrap_or_default();
            let Some(("raw" | "history", source)) = info.split_once(' ') else { continue };
            let path = folder.path().join(format!("{name}-{number}"));
            fs::write(&path, format!("{records}\n")).unwrap();
            sources.insert(path.display().to_string(), source.to_owned());
        }
    }
    assert!(200 < sources.len(), "{}", sources.len());
    let folder = folder.path().display().to_string();
    for mapping in ["defend", "elastic"] {
        let output = brokerwatch(&["inspect", "--format", "json", "--mapping", mapping, &folder]);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut inspected = 0;
        for input in inputs(&text) {
            let Some(path) = input["path"].as_str() else { continue };
            let expected = sources[path].replace("defend", "ecs");
            assert_eq!(input["source"], expected.as_str(), "{path}");
            assert_eq!(input["malformed"], 0, "{path}");
            assert!(0 < input["events"].as_u64().unwrap(), "{path}");
            inspected += 1;
        }
        assert_eq!(inspected, sources.len());
    }
}

#[test]
fn the_seed_gets_its_letters() {
    let (rows, totals, code) = rows(&["--rules", "seed"]);
    let expected: BTreeMap<String, String> = pages()
        .iter()
        .filter_map(|(name, text)| {
            let letter = text.lines().find_map(|line| line.strip_prefix("Seed: "))?;
            Some((name.clone(), letter.to_owned()))
        })
        .collect();
    assert_eq!(expected.len(), 54);
    let found: BTreeMap<String, String> = rows
        .iter()
        .filter_map(|row| {
            let letter = row["letter"].as_str()?;
            Some((row["row"].as_str()?.to_owned(), letter.to_owned()))
        })
        .collect();
    assert_eq!(found, expected);
    let letters = serde_json::json!({ "Y": 10, "P": 11, "N": 23, "F": 6, "E": 3, "–": 1 });
    assert_eq!(totals["totals"]["letters"], letters);
    // The letters Y: what other sensors see of a row, and what another engine makes of it, is counted apart.
    let all = serde_json::json!({ "right_on_hosts": 10, "right_everywhere": 1, "wrong": 53, "not_shown": 0 });
    assert_eq!(totals["totals"]["rows"], all);
    assert_eq!(code, Some(1));
}

#[test]
fn vectors_show_what_engines_make_of_the_seed() {
    let (rows, ..) = rows(&["--rules", "seed"]);
    let pages: BTreeMap<String, String> = pages().into_iter().collect();
    let mut held = 0;
    for row in rows.iter().filter(|row| row["row"].as_str().unwrap().starts_with('V')) {
        let name = row["row"].as_str().unwrap();
        for (key, value) in [("Elasticsearch: ", "got"), ("Strict: ", "strict")] {
            let Some(expected) = pages[name].lines().find_map(|line| line.strip_prefix(key)) else {
                continue;
            };
            for case in row["cases"].as_array().unwrap() {
                assert_eq!(case[value], expected, "{name}, {}: {key}", case["case"]);
                held += 1;
            }
        }
    }
    assert!(40 < held, "{held}");
}

/// What the pack is right on, row by row: a better pack changes the file, and so does a worse one.
#[test]
fn the_pack_has_its_score() {
    let (rows, totals, _) = rows(&["--rules", "pubsub"]);
    let mut score = String::new();
    for row in &rows {
        let word = if row["right_everywhere"] == true { "right" } else { "wrong" };
        writeln!(score, "{} {word}", row["row"].as_str().unwrap()).unwrap();
    }
    let totals = &totals["totals"];
    writeln!(score, "rows {}, vectors {}", totals["rows"], totals["vectors"]).unwrap();
    expect_file!["matrix/pubsub.score"].assert_eq(&score);
}

#[test]
fn a_row_and_a_source_can_be_chosen() {
    let (rows, totals, code) =
        rows(&["--rules", "seed", "--row", "E01", "--row", "E44", "--source", "defend"]);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["right_everywhere"], &rows[1]["right_everywhere"]),
        (&Value::Bool(true), &Value::Null)
    );
    assert_eq!(totals["totals"]["rows"]["not_shown"], 1);
    assert_eq!(code, Some(0));
    let output = brokerwatch(&["matrix", "--row", "E99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("rows are E01 to E54"));
}

#[test]
fn what_is_wrong_comes_with_its_reason() {
    let output = brokerwatch(&["matrix", "--rules", "seed", "--row", "E06", "--format", "people"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("no rule fires"), "{text}");
    assert!(text.contains("the nearest: Outbound Publish/Subscribe Protocol Connection"), "{text}");
    assert!(text.contains("destination.port"), "{text}");
}

#[test]
fn the_honest_day_is_quiet_and_can_be_written() {
    let output = brokerwatch(&["matrix", "--rules", "pubsub", "--honest", "--format", "json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert!(told["rate"].as_f64().unwrap() < 0.1, "{told}");
    assert!(40 <= told["host_days"].as_u64().unwrap(), "{told}");
    assert_eq!(told["unread"], 0);
    assert_eq!(output.status.code(), Some(0));
    // A rule that fires on everything is too loud.
    let loud = brokerwatch(&["matrix", "--rules", "seed", "--honest", "--format", "json"]);
    assert_eq!(loud.status.code(), Some(1));

    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("day");
    let day = day.to_str().unwrap();
    assert_eq!(brokerwatch(&["matrix", "--honest", "--write", day]).status.code(), Some(0));
    let output = brokerwatch(&["inspect", "--format", "json", day]);
    let text = String::from_utf8(output.stdout).unwrap();
    let sources = inputs(&text);
    for name in ["ecs", "windows-xml", "sysmon-linux", "audit-log", "zeek-json"] {
        let input = sources.iter().find(|input| input["source"] == name);
        assert_eq!(input.unwrap()["malformed"], 0, "{name}");
    }
    // The site's file is there for `--config`, and no telemetry.
    assert!(folder.path().join("day/brokerwatch.toml").is_file());
    assert!(!text.contains("brokerwatch.toml"), "{text}");
    assert_eq!(output.status.code(), Some(0));
}
