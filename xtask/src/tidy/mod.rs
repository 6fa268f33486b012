//! `cargo xtask tidy`: what must stay true of this repository and no compiler checks.
//!
//! One check, one file. Each gets the tree and gives everything that it finds; the run tells all of it and then fails.
//! Every finding names the place, what is wrong, and the way out.

use std::fmt;

use anyhow::{Result, ensure};

use crate::files;

mod manifest;
mod source;
mod tree;

use tree::Tree;

/// One thing that must stay true.
pub(crate) struct Check {
    /// The name, shown with each finding.
    name: &'static str,
    /// What it holds, in a sentence.
    holds: &'static str,
    /// Finds where it does not hold.
    run: fn(&Tree) -> Vec<Finding>,
}

/// A place where something does not hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    /// From 1; 0 if the finding is about the file as a whole.
    line: usize,
    what: String,
    help: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line != 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}; {}", self.what, self.help)
    }
}

/// Declares each check's module and lists its constant.
macro_rules! registry {
    (static $all:ident = [$($name:ident),* $(,)?];) => {
        $(mod $name;)*
        static $all: &[&Check] = &[$(&$name::CHECK),*];
    };
}

registry! {
    static ALL = [
        changelog, codes, edges, features, generated, io, licences, links, lockfile, machine, manifests, modules, words,
    ];
}

/// Runs every check over the repository.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::load(&files::root())?;
    let mut count = 0;
    for check in ALL {
        let findings = (check.run)(&tree);
        if findings.is_empty() {
            continue;
        }
        count += findings.len();
        files::say(&format!("{}: {}", check.name, check.holds));
        for finding in findings {
            files::say(&format!("  {finding}"));
        }
    }
    ensure!(count == 0, "{count} finding(s)");
    files::say(&format!("tidy: {} checks over {} files hold", ALL.len(), tree.files.len()));
    Ok(())
}

/// For the tests of the checks: runs `check` over a made-up tree and compares `path:line` of what it finds.
#[cfg(test)]
#[track_caller]
fn expect(check: &Check, files: &[(&str, &str)], expected: &[&str]) {
    let found = (check.run)(&Tree::of(files));
    let places: Vec<String> = found.iter().map(|f| format!("{}:{}", f.path, f.line)).collect();
    assert_eq!(places, expected, "{found:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_have_names_of_their_own_and_say_what_they_hold() {
        let mut names: Vec<_> = ALL.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|check| !check.holds.is_empty()));
    }

    #[test]
    fn a_finding_names_place_fault_and_way_out() {
        let finding = Finding::new("a.rs", 3, "`x` is wrong", "write `y`");
        assert_eq!(finding.to_string(), "a.rs:3: `x` is wrong; write `y`");
        assert_eq!(Finding::new("a.rs", 0, "b", "c").to_string(), "a.rs: b; c");
    }
}
