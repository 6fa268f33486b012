//! Golden documents of every mapping: `mappings/NAME.test/CASE.input` beside `CASE.defend.ndjson` and
//! `CASE.elastic.ndjson`.
//!
//! The source of an input is told from its content. Each item is one line of the expected file, its document or
//! `{"defect": reason}`. With `BROKERWATCH_UPDATE=1` the expected files are rewritten instead.

mod common;

use std::path::{Path, PathBuf};

use brokerwatch_ingest::normalise::{self, Kind};
use brokerwatch_ingest::readers;
use serde_json::json;

#[test]
fn documents_are_as_expected() {
    let mut failures = Vec::new();
    for folder in listed(Path::new("mappings"), "test") {
        let name = folder.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let inputs = listed(&folder, "input");
        if inputs.is_empty() {
            failures.push(format!("{}: no `*.input` file", folder.display()));
        }
        for input in inputs {
            for kind in [Kind::Defend, Kind::Elastic] {
                failures.extend(check(&input, &name, kind).err());
            }
        }
    }
    assert!(failures.is_empty(), "{} failure(s)\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_mapping_loads_and_is_used() {
    for (name, text) in normalise::ALL {
        let mapping = normalise::load(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(mapping.name, *name, "a mapping has the name of its file");
        assert!(readers::ALL.iter().any(|source| source.mapping == *name), "`{name}` has a source");
        assert!(
            Path::new(&format!("mappings/{name}.test")).is_dir(),
            "`{name}` has golden documents"
        );
    }
    for source in readers::ALL {
        common::mapping(source);
    }
}

#[test]
fn names_of_sources_are_unique() {
    let mut names = std::collections::BTreeSet::new();
    for source in readers::ALL {
        assert!(names.insert(source.name), "`{}` is registered twice", source.name);
        assert!(!source.title.is_empty(), "`{}` has a title", source.name);
    }
}

fn check(input: &Path, mapping: &str, kind: Kind) -> Result<(), String> {
    let bytes = common::bytes(input);
    let source =
        common::tell(&bytes).ok_or_else(|| format!("{}: of no known source", input.display()))?;
    if source.mapping != mapping {
        return Err(format!("{}: told to be of `{}`", input.display(), source.name));
    }
    let mut actual = String::new();
    for outcome in common::documents(source, kind, &common::frame(source, &bytes)) {
        let line = match outcome {
            Ok(document) => serde_json::Value::Object(document),
            Err(why) => json!({ "defect": why }),
        };
        actual.push_str(&line.to_string());
        actual.push('\n');
    }
    compare(&input.with_extension(format!("{kind}.ndjson")), &actual)
}

#[expect(clippy::disallowed_methods, reason = "tests read their cases from files")]
fn compare(path: &Path, actual: &str) -> Result<(), String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| value == "1");
    if is_set(brokerwatch_testkit::UPDATE) && std::env::var_os("CI").is_none() {
        return std::fs::write(path, actual)
            .map_err(|error| format!("{}: {error}", path.display()));
    }
    let expected = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: {error}; BROKERWATCH_UPDATE=1 writes it", path.display()))?;
    let (wanted, got): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    for i in 0..wanted.len().max(got.len()) {
        if wanted.get(i) != got.get(i) {
            let shown =
                |line: Option<&&str>| line.map_or("the end".to_owned(), |&line| line.to_owned());
            return Err(format!(
                "{}:{}:\n  expected {}\n  got      {}",
                path.display(),
                i + 1,
                shown(wanted.get(i)),
                shown(got.get(i))
            ));
        }
    }
    Ok(())
}

/// What lies in a folder and ends in `.extension`, by name.
fn listed(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let listing =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> =
        listing.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == extension));
    paths.sort();
    paths
}
