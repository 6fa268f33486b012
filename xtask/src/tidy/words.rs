//! No stubs and no tests that do not run.

use super::source::code;
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "words", holds: "nothing is left undone in silence, and every test runs", run };

/// Written in two parts, so that this file does not find itself.
const STUBS: &[&str] = &[concat!("to", "do!("), concat!("unimple", "mented!(")];
const SKIPPED: &[&str] = &[concat!("#[ig", "nore"), concat!("#[should", "_panic")];
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.sources() {
        for (line, text) in code(file) {
            if let Some(stub) = STUBS.iter().find(|stub| text.contains(**stub)) {
                findings.push(Finding::new(&file.path, line, format!("`{stub}..)` is a stub"), "write the code"));
            }
        }
        for (line, text) in file.lines() {
            if let Some(attribute) = SKIPPED.iter().find(|attribute| text.trim_start().starts_with(**attribute)) {
                let help = "assert what the code does now, with a note that says what it should do";
                findings.push(Finding::new(&file.path, line, format!("`{attribute}..]` on a test"), help));
            }
            if let Some(note) = NOTES.iter().find(|note| is_bare(text, note)) {
                let what = format!("`{note}` without words");
                findings.push(Finding::new(&file.path, line, what, "say what is to be done, or do it"));
            }
        }
    }
    findings
}

/// Whether a comment has `note` with nothing said after it.
fn is_bare(line: &str, note: &str) -> bool {
    let comment = line.find("//").map_or("", |at| &line[at..]);
    comment.split_once(note).is_some_and(|(before, after)| {
        !before.ends_with(char::is_alphanumeric) && !after.contains(char::is_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        expect(&CHECK, &[("crates/a/src/a.rs", text)], if expected { &[] } else { &["crates/a/src/a.rs:1"] });
    }

    #[test]
    fn nothing_is_left_undone_in_silence() {
        check(&format!("{})", STUBS[0]), false);
        check(&format!("// never {})", STUBS[0]), true);
        check(&format!("{}]", SKIPPED[0]), false);
        check(&format!("    {}(expected = \"a\")]", SKIPPED[1]), false);
        check(&format!("//! {}", NOTES[0]), false);
        check(&format!("f(); // {}: ", NOTES[1]), false);
        check(&format!("// {}: Elasticsearch gives null here", NOTES[1]), true);
    }
}
