//! `coverage` through the command line: what the packs cover, its formats, and where tests are found.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const RULE: &str = include_str!("guide/rule.toml");

#[track_caller]
fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.current_dir(folder).env_clear().stdin(Stdio::null()).arg("coverage").args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[track_caller]
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let (stdout, stderr, code) = run(folder, &[&["--format", "json"], arguments].concat());
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// A folder with the rule and, if given, its tests.
fn folder(tests: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rule.toml"), RULE).unwrap();
    if let Some(tests) = tests {
        std::fs::write(folder.path().join("rule.tests.md"), tests).unwrap();
    }
    folder
}

#[test]
fn the_packs_that_are_on_cover_the_technique() {
    let here = tempfile::tempdir().unwrap();
    let coverage = json(here.path(), &[]);
    let techniques = coverage["techniques"].as_array().unwrap();
    assert!(techniques.iter().any(|each| each["id"] == "T1071.005"), "{coverage:#}");
    assert_eq!(coverage["analytics"].as_array().unwrap().len(), 4);
    for rule in coverage["rules"].as_array().unwrap() {
        assert!(!rule["techniques"].as_array().unwrap().is_empty(), "{rule}");
        assert!(!rule["telemetry"].as_array().unwrap().is_empty(), "{rule}");
    }
}

#[test]
fn tests_are_found_beside_the_rule() {
    let gap = "rule `Outbound Publish/Subscribe Protocol Connection` has no tests beside it";
    let without = folder(None);
    let coverage = json(without.path(), &["--rules", "rule.toml"]);
    assert!(coverage["missing"].as_array().unwrap().contains(&Value::from(gap)), "{coverage:#}");
    let test = "\nWhy.\n\n```ndjson\n{\"host.name\": \"a\"}\n```\n\nExpected: silence\n";
    let with = folder(Some(&format!("# Tests\n\n## One\n{test}\n## Two\n{test}")));
    let coverage = json(with.path(), &["--rules", "rule.toml"]);
    assert_eq!(coverage["rules"][0]["tests"], 2);
    assert!(!coverage["missing"].as_array().unwrap().contains(&Value::from(gap)));
}

#[test]
fn a_person_sees_what_is_covered_and_what_is_missing() {
    let folder = folder(None);
    for format in ["table", "markdown"] {
        let (page, told, code) = run(folder.path(), &["--format", format, "--rules", "rule.toml"]);
        assert_eq!(code, 0, "{told}");
        expect_test::expect_file!["guide/coverage.md"].assert_eq(&page);
    }
}

#[test]
fn a_layer_is_written_for_the_navigator() {
    let folder = folder(None);
    let arguments = ["--format", "navigator", "--layer-name", "Mine", "--rules", "rule.toml"];
    let (stdout, told, code) = run(folder.path(), &arguments);
    assert_eq!(code, 0, "{told}");
    let layer: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&layer["name"], &layer["versions"]["layer"]), (&"Mine".into(), &"4.5".into()));
    assert_eq!(layer["techniques"][1]["techniqueID"], "T1071.005");
}

#[test]
fn a_rule_that_does_not_load_is_told_and_the_others_count() {
    let folder = folder(None);
    std::fs::write(folder.path().join("broken.toml"), "[rule]\nname = 1\n").unwrap();
    let (stdout, told, code) = run(folder.path(), &["--rules", ".", "--format", "markdown"]);
    assert_eq!(code, 2);
    assert!(
        told.contains("broken.toml") && stdout.contains("# Coverage of 1 rule\n"),
        "{told}{stdout}"
    );
}

#[test]
fn a_page_of_tests_that_is_wrong_is_told() {
    let folder = folder(Some("# Tests\n\n## One\n"));
    let (_, told, code) = run(folder.path(), &["--rules", "rule.toml"]);
    assert_eq!(code, 2);
    assert!(told.contains("rule.tests.md"), "{told}");
}
