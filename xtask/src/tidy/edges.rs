//! Which crate may use which: the arrows of ARCHITECTURE.md.
//!
//! Also holds the two rules on single dependencies that go with them: the test helpers are for tests, and errors without a
//! type are for the programs.

use super::manifest::{self, Dependency};
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check = Check {
    name: "edges",
    holds: "crates depend on each other only along the arrows of ARCHITECTURE.md",
    run,
};

/// For each crate, the crates it may use. A program may use all of them.
const ALLOWED: &[(&str, Uses)] = &[
    ("brokerwatch", Uses::All),
    ("xtask", Uses::All),
    ("runtime", Uses::These(&["ingest", "detect", "eql", "esql", "expr", "ecs"])),
    ("convert", Uses::These(&["rules", "eql", "esql", "expr"])),
    ("detect", Uses::These(&["rules", "eql", "esql", "kql", "expr", "ecs"])),
    ("rules", Uses::These(&["eql", "esql", "kql", "expr", "ecs"])),
    ("ingest", Uses::These(&["capture", "ecs"])),
    ("capture", Uses::These(&["ecs"])),
    ("eql", Uses::These(&["expr", "ecs"])),
    ("esql", Uses::These(&["kql", "expr", "ecs"])),
    ("kql", Uses::These(&["expr", "ecs"])),
    ("expr", Uses::These(&["ecs"])),
    ("ecs", Uses::These(&[])),
    ("testkit", Uses::These(&["ecs"])),
];

enum Uses {
    All,
    These(&'static [&'static str]),
}

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, file) in tree.manifests() {
        let Some((_, uses)) = ALLOWED.iter().find(|(room, _)| *room == name) else {
            let help = "decide its arrows in ARCHITECTURE.md and in xtask/src/tidy/edges.rs";
            findings.push(Finding::new(&file.path, 0, format!("no arrows are known for `{name}`"), help));
            continue;
        };
        for dependency in manifest::dependencies(&manifest::parse(file)) {
            if let Some((what, help)) = refused(name, uses, &dependency) {
                let line = file.line_of(&dependency.name);
                findings.push(Finding::new(&file.path, line, what, help));
            }
        }
    }
    findings
}

fn refused(from: &str, uses: &Uses, dependency: &Dependency) -> Option<(String, &'static str)> {
    let program = matches!(uses, Uses::All);
    if dependency.name == "anyhow" && !program && !dependency.dev {
        let help = "give the library an error type of its own";
        return Some((format!("`{from}` is a library and uses `anyhow`"), help));
    }
    let to = dependency.name.strip_prefix("brokerwatch-")?;
    if to == "testkit" {
        let what = format!("`{from}` uses the test helpers outside its tests");
        return (!dependency.dev).then_some((what, "move the line to [dev-dependencies]"));
    }
    let allowed = match uses {
        Uses::All => true,
        Uses::These(rooms) => rooms.contains(&to),
    };
    let help = "move the code to where the arrows of ARCHITECTURE.md allow it";
    (!allowed).then(|| (format!("`{from}` may not use `{to}`"), help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[test]
    fn only_the_arrows_are_allowed() {
        let check = |room: &str, lines: &str, expected: &[&str]| {
            let path = format!("crates/{room}/Cargo.toml");
            expect(&CHECK, &[(&path, lines)], expected);
        };
        check("eql", "[dependencies]\nbrokerwatch-expr.workspace = true\n", &[]);
        check("kql", "[dependencies]\nbrokerwatch-eql = {}\n", &["crates/kql/Cargo.toml:2"]);
        check("expr", "[dependencies]\nbrokerwatch-eql.workspace = true\n", &["crates/expr/Cargo.toml:2"]);
        check("ingest", "[dependencies]\nbrokerwatch-rules = {}\n", &["crates/ingest/Cargo.toml:2"]);
        check("ecs", "[target.'cfg(unix)'.dependencies]\nbrokerwatch-expr = {}\n", &["crates/ecs/Cargo.toml:2"]);
        check("expr", "[dev-dependencies]\nbrokerwatch-eql = {}\n", &["crates/expr/Cargo.toml:2"]);
        check("brokerwatch", "[dependencies]\nbrokerwatch-eql = {}\nanyhow = \"1\"\n", &[]);
        check("cellar", "", &["crates/cellar/Cargo.toml:0"]);
    }

    #[test]
    fn helpers_are_for_tests_and_untyped_errors_for_programs() {
        let path = "crates/ecs/Cargo.toml";
        expect(&CHECK, &[(path, "[dev-dependencies]\nbrokerwatch-testkit = {}\n")], &[]);
        expect(&CHECK, &[(path, "[dependencies]\nbrokerwatch-testkit = {}\n")], &["crates/ecs/Cargo.toml:2"]);
        expect(&CHECK, &[(path, "[dependencies]\nanyhow = \"1\"\n")], &["crates/ecs/Cargo.toml:2"]);
    }
}
