//! A diagnostic code is a promise: it means one thing, so it is written in one place.
//!
//! The prefixes are those that the crates' `codes.rs` define, so a new family of codes needs no line here.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{code, literals};
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check = Check {
    name: "codes",
    holds: "every diagnostic code is written once, in a codes.rs; elsewhere its constant is used",
    run,
};

fn run(tree: &Tree) -> Vec<Finding> {
    let prefixes = prefixes(tree);
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    let mut findings = Vec::new();
    // The definitions first, so that a use elsewhere is what is found.
    let (defining, using): (Vec<_>, Vec<_>) =
        tree.sources().filter(|file| file.path.starts_with("crates/")).partition(|file| is_codes(&file.path));
    for file in defining.into_iter().chain(using) {
        for (line, text) in code(file) {
            for literal in literals(text) {
                if !prefix(literal).is_some_and(|prefix| prefixes.contains(prefix)) {
                    continue;
                }
                let place = format!("{}:{line}", file.path);
                if let Some(place) = first.get(literal) {
                    let what = format!("`{literal}` is written at {place} already");
                    let help = "use that constant, or the next free code for another meaning";
                    findings.push(Finding::new(&file.path, line, what, help));
                } else if is_codes(&file.path) {
                    first.insert(literal, place);
                } else {
                    let what = format!("`{literal}` is in no codes.rs");
                    findings.push(Finding::new(&file.path, line, what, "define it in a codes.rs of its crate"));
                }
            }
        }
    }
    findings
}

fn is_codes(path: &str) -> bool {
    path.ends_with("/codes.rs")
}

fn prefixes(tree: &Tree) -> BTreeSet<&str> {
    let defining = tree.sources().filter(|file| is_codes(&file.path));
    defining.flat_map(|file| code(file)).flat_map(|(_, line)| literals(line)).filter_map(prefix).collect()
}

/// The letters of a text that looks like a code: three or more capitals and three digits.
fn prefix(literal: &str) -> Option<&str> {
    let letters = literal.trim_end_matches(|c: char| c.is_ascii_digit());
    let shaped = 3 <= letters.len()
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && literal.len() == letters.len() + 3;
    shaped.then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    const EXPR: (&str, &str) = (
        "crates/expr/src/codes.rs",
        "//! Codes.\npub const CIDR: &str = \"EXP001\";\npub const REGEX: &str = \"EXP002\";\n",
    );

    #[test]
    fn a_code_is_written_once() {
        let uses = "//! `EXP001`.\nf(codes::CIDR, \"SHA256\");\n// \"EXP001\"\n";
        expect(&CHECK, &[EXPR, ("crates/expr/src/lib.rs", uses)], &[]);
        let again = "pub const OTHER: &str = \"EXP002\";\n";
        expect(&CHECK, &[EXPR, ("crates/eql/src/lower/codes.rs", again)], &["crates/eql/src/lower/codes.rs:1"]);
        let literal = "f(\"EXP001\");\nf(\"EXP009\");\n";
        let places = ["crates/eql/src/lib.rs:1", "crates/eql/src/lib.rs:2"];
        expect(&CHECK, &[EXPR, ("crates/eql/src/lib.rs", literal)], &places);
    }

    #[test]
    fn tests_may_write_codes_out() {
        let tests = "#[cfg(test)]\nmod tests {\n    const A: &str = \"EXP001\";\n}\n";
        expect(&CHECK, &[EXPR, ("crates/expr/src/lib.rs", tests)], &[]);
    }
}
