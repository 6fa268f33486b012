//! Every query of the conformance cases reads, and is written so that it reads the same.

use std::path::PathBuf;

use brokerwatch_eql::{format_expression, parse_expression};

use crate::{check_round_trip, read};

/// The files of a folder of the corpus, each read as TOML.
fn files(folder: &str) -> Vec<(String, toml::Table)> {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.push("../../../shared/corpora/eql");
    path.push(folder);
    let mut files: Vec<_> = std::fs::read_dir(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.display().to_string(), toml_file(&path)))
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

#[expect(clippy::disallowed_methods, reason = "test data is read in place")]
fn toml_file(path: &std::path::Path) -> toml::Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

#[test]
fn every_case_reads_and_is_written_the_same() {
    let mut count = 0;
    for (_, file) in files("cases") {
        for case in file["queries"].as_array().unwrap() {
            check_round_trip(&read(case["query"].as_str().unwrap().trim()));
            count += 1;
        }
    }
    assert!(100 < count, "only {count} cases were found");
}

#[test]
fn every_constant_expression_reads_and_is_written_the_same() {
    let mut count = 0;
    for (path, file) in files("cases-unit") {
        for section in file.values().filter_map(toml::Value::as_table) {
            let folded = section.get("fold").and_then(|fold| fold.get("tests"));
            for tests in [folded, section.get("tests")].into_iter().flatten() {
                for test in tests.as_array().unwrap() {
                    let text = test["expression"].as_str().unwrap().trim();
                    let expr = parse_expression(text)
                        .unwrap_or_else(|errors| panic!("{path}: {text}: {errors:?}"));
                    assert_eq!(parse_expression(&format_expression(&expr)), Ok(expr));
                    count += 1;
                }
            }
        }
    }
    assert!(20 < count, "only {count} expressions were found");
}
