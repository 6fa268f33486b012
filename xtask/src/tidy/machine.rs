//! Nothing in the repository speaks of one machine: no paths of whoever built it, no hosts it fetched packages from.
//!
//! Telemetry is full of home directories, so data is left alone, and home directories are looked for only in files that build.

use super::tree::File;
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "machine", holds: "no file names a path or a package host of one machine", run };

/// Written in two parts, so that this file does not find itself.
const PATHS: &[&str] = &[concat!("/wo", "rk/")];
const HOMES: &[&str] = &[concat!("/ho", "me/"), concat!("/ro", "ot/")];

/// Where data lies, which says what it was made to say.
const DATA_FOLDERS: &[&str] = &["bench/", "examples/", "packs/", "spec/"];
const DATA_EXTENSIONS: &[&str] = &["csv", "expected", "in", "json", "jsonl", "log", "ndjson", "xml"];

/// Parts of a host's name that make it a place to fetch packages from.
const HOST_LABELS: &[&str] = &[
    "artifactory", "crates", "deb", "devpi", "mirror", "mirrors", "nexus", "npmjs", "pypi", "pythonhosted", "registry",
];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !is_data(file)) {
        let homes = if builds(file) { HOMES } else { &[] };
        for (line, text) in file.lines() {
            if let Some(path) = PATHS.iter().chain(homes).find(|path| begins_a_path(text, path)) {
                let what = format!("`{path}` is a path of one machine");
                findings.push(Finding::new(&file.path, line, what, "write it from the root of the repository"));
            }
            if let Some(host) = hosts(text).find(|host| is_registry(host)) {
                let what = format!("`{host}` is a host for packages");
                findings.push(Finding::new(&file.path, line, what, "name the package; its client knows the host"));
            }
        }
    }
    findings
}

fn is_data(file: &File) -> bool {
    DATA_FOLDERS.iter().any(|folder| file.path.starts_with(folder))
        || DATA_EXTENSIONS.iter().any(|extension| file.has_extension(extension))
}

/// Whether a file says how to build.
fn builds(file: &File) -> bool {
    [".ci/", ".cargo/", "xtask/"].iter().any(|folder| file.path.starts_with(folder))
        || file.path.ends_with("Cargo.toml")
        || file.path.ends_with("Cargo.lock")
}

/// Whether `path` stands in the text as the beginning of a path, not inside a longer one.
fn begins_a_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '*'))
    })
}

/// The hosts of the addresses in a text.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let end = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-');
    text.split("://").skip(1).map(move |rest| rest.split(end).next().unwrap_or_default())
}

fn is_registry(host: &str) -> bool {
    host.contains('.') && host.split('.').any(|label| HOST_LABELS.contains(&label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[track_caller]
    fn check(path: &str, text: &str, expected: bool) {
        let place = format!("{path}:1");
        let found: Vec<&str> = if expected { vec![] } else { vec![&place] };
        expect(&CHECK, &[(path, text)], &found);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        check("docs/a.md", &format!("see {}main/docs", PATHS[0]), false);
        check("crates/a/src/lib.rs", "read(\"../shared/corpora\")", true);
        check("docs/a.md", &format!("https://example.com{}x", PATHS[0]), true);
        check("examples/a.ndjson", &format!("{}x", PATHS[0]), true);
    }

    #[test]
    fn home_directories_are_found_where_something_is_built() {
        check(".ci/run", &format!("cd {}me", HOMES[0]), false);
        check("Cargo.toml", &format!("path = \"{}a\"", HOMES[1]), false);
        check("docs/a.md", &format!("a process in {}kim", HOMES[0]), true);
    }

    #[test]
    fn package_hosts_are_found() {
        let address = |host: &str| format!("index = \"sparse+https://{host}/a\"");
        check(".cargo/config.toml", &address(concat!("registry", ".example.com")), false);
        check("docs/a.md", &address("example.com"), true);
        check("Cargo.lock", &address("github.com/rust-lang/crates.io-index"), true);
    }
}
