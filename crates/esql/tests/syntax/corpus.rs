//! Every query of the conformance cases reads, and is written so that it reads the same.

use std::path::Path;

use brokerwatch_testkit::shared;

use crate::{check_round_trip, render};

/// The cases that are not read, each with the reason. There are none: the whole corpus is in the grammar.
const LEFT_OUT: &[(&str, &str)] = &[];

/// A query with the name of its case, `file.case`.
struct Case {
    name: String,
    query: String,
}

#[test]
fn every_case_reads_and_is_written_the_same() {
    let Some(folder) = shared("corpora/esql") else { return };
    let mut failures = Vec::new();
    let mut count = 0;
    let mut left_out = Vec::new();
    for case in cases(&folder) {
        if LEFT_OUT.iter().any(|(name, _)| *name == case.name) {
            left_out.push(case.name);
            continue;
        }
        count += 1;
        match brokerwatch_esql::parse(&case.query) {
            Ok(statement) => check_round_trip(&statement),
            Err(errors) => {
                failures.push(format!("{}\n{}", case.name, render(&case.query, &errors)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(250 < count, "only {count} cases were found");
    assert_eq!(left_out.len(), LEFT_OUT.len(), "a case that is left out is no longer there");
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv-spec"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

/// The cases of a file: a name, lines of requirements, the query up to a line that ends with `;`, and the result up to a
/// line that begins with `;`. Blank lines and lines of comments count nowhere.
#[expect(clippy::disallowed_methods, reason = "test data is read in place")]
fn cases_of(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    let is_comment =
        |line: &&str| line.is_empty() || line.starts_with("//") || line.starts_with('#');
    let mut lines = text.lines().map(str::trim).filter(|line| !is_comment(line));
    let mut cases = Vec::new();
    while let Some(name) = lines.next() {
        let name = name.split('#').next().unwrap_or_default().trim();
        let mut query: Vec<String> = Vec::new();
        for line in lines.by_ref() {
            if query.is_empty() && line.starts_with("required_") {
                continue;
            }
            let end = line.strip_suffix(';').filter(|rest| !rest.ends_with('\\'));
            query.push(end.unwrap_or(line).replace("\\;", ";"));
            if end.is_some() {
                break;
            }
        }
        assert!(lines.by_ref().any(|line| line.starts_with(';')), "{stem}.{name} has no end");
        cases.push(Case { name: format!("{stem}.{name}"), query: query.join("\n") });
    }
    cases
}
