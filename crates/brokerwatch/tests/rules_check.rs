//! `rules check`: the packs are clean, and what is found is shown for people, programs and GitHub.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use brokerwatch_rules::pack;
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What a run says: standard output, standard error, and the exit code.
fn check(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(["rules", "check"]).args(arguments).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// A folder with a rule that has one error and one warning, and a list beside it.
fn faulty() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (_, rule) = pack::ALL[0].toml_files(pack::RULES).next().unwrap();
    let rule = rule.replace("timestamp_override = \"event.ingested\"\n", "");
    let rule = rule.replace("license = \"Apache-2.0\"\n", "");
    std::fs::create_dir(dir.path().join("rules")).unwrap();
    std::fs::write(dir.path().join("rules/command_and_control_one.toml"), rule).unwrap();
    std::fs::write(dir.path().join("rules/ports.toml"), "[list]\nname = \"Ports\"\n").unwrap();
    dir
}

#[test]
fn every_rule_of_the_packs_is_clean() {
    let (out, told, code) = check(Path::new(ROOT), &["--format", "json", "packs"]);
    assert_eq!((out.as_str(), code), ("", 0), "{told}");
    // The built-in ones, without a path.
    let (out, told, code) = check(&std::env::temp_dir(), &["--format", "json"]);
    assert_eq!((out.as_str(), code), ("", 0), "{told}");
    assert!(!told.contains("0 rules load"), "{told}");
}

#[test]
fn findings_are_shown_with_their_lines() {
    let (out, told, code) = check(faulty().path(), &["rules"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(told.contains("error[LINT025]") && told.contains("warning[LINT044]"), "{told}");
    assert!(told.contains("command_and_control_one.toml:"), "{told}");
    assert!(told.contains("1 files in folders are no rules"), "{told}");
    assert!(told.contains("1 rules load, 0 files do not; 1 errors, 1 warnings"), "{told}");
}

#[test]
fn findings_are_written_for_programs() {
    let (out, _, code) = check(faulty().path(), &["--format", "json", "rules"]);
    let found: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut codes: Vec<&str> = found.iter().map(|each| each["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!((codes, code), (vec!["LINT025", "LINT044"], 2));
    for each in &found {
        assert!(0 < each["line"].as_u64().unwrap() && each["help"].is_string(), "{each}");
        assert_eq!(each["path"], "rules/command_and_control_one.toml");
    }
    let (out, ..) = check(faulty().path(), &["--format", "github", "rules"]);
    assert!(out.contains("::error file=rules/command_and_control_one.toml,line="), "{out}");
    assert!(out.contains("::warning file=") && out.contains("title=LINT044::"), "{out}");
}

#[test]
fn what_is_allowed_is_counted_and_what_stops_a_file_is_not_left_out() {
    let (_, told, code) = check(faulty().path(), &["--allow", "LINT025", "rules"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 findings of LINT025 are left out"), "{told}");
    assert!(told.contains("0 errors, 1 warnings"), "{told}");

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("command_and_control_two.toml"), "[rule]\n").unwrap();
    let (_, told, code) = check(dir.path(), &["--allow", "RULE005", "."]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("error[RULE005]"), "{told}");

    let (_, told, code) = check(dir.path(), &["--allow", "LINT999", "."]);
    assert_eq!(code, 2);
    assert!(told.contains("no finding has this code"), "{told}");
}

#[test]
fn the_fields_that_mappings_make_are_known() {
    let table = format!("{ROOT}/crates/rules/data/integration-fields.csv");
    let table = std::fs::read_to_string(table).unwrap();
    let known = |name: &str| {
        table.lines().filter_map(|line| line.split(',').next()).any(|own| {
            match own.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == own,
            }
        })
    };
    let mut unknown = Vec::new();
    for entry in std::fs::read_dir(format!("{ROOT}/crates/ingest/mappings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let own = text.split_once("\n[own]\n").map_or("", |(_, rest)| rest);
        let own = own.split("\n[").next().unwrap();
        let names = own.lines().filter_map(|line| line.strip_prefix('"')?.split('"').next());
        // Those of this program say how an event came about; rules for a cluster do not name them.
        let names = names.filter(|name| !name.starts_with("brokerwatch."));
        let missing =
            names.filter(|name| !known(name) && brokerwatch_ecs::definition(name).is_none());
        unknown.extend(missing.map(str::to_owned));
    }
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
}
