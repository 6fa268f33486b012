//! Every crate takes its version, edition, licence, lints and dependency versions from the workspace.

use toml::{Table, Value};

use super::manifest::{dependencies, inherits, parse};
use super::tree::File;
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "manifests", holds: "crates inherit from the workspace, which forbids `unsafe`", run };

/// What a package must inherit.
const KEYS: &[&str] = &["version", "edition", "rust-version", "license"];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.manifests().flat_map(|(_, file)| member(file)).collect();
    if let Some(file) = tree.file("Cargo.toml") {
        let lint = ["workspace", "lints", "rust", "unsafe_code"];
        let forbids = lookup(&parse(file), &lint).is_some_and(|level| level.as_str() == Some("forbid"));
        if !forbids {
            let help = "write `unsafe_code = \"forbid\"` under [workspace.lints.rust]";
            findings.push(Finding::new(&file.path, 0, "`unsafe` is not forbidden", help));
        }
    }
    findings
}

fn member(file: &File) -> Vec<Finding> {
    let manifest = parse(file);
    let package = manifest.get("package");
    let mut findings = Vec::new();
    for key in KEYS {
        if !inherits(package.and_then(|package| package.get(key))) {
            let what = format!("`{key}` is not the workspace's");
            findings.push(Finding::new(&file.path, file.line_of("[package]"), what, format!("write `{key}.workspace = true`")));
        }
    }
    if !inherits(manifest.get("lints").filter(|lints| lints.is_table()).map(|lints| lints as &Value)) {
        let help = "write `workspace = true` under [lints]";
        findings.push(Finding::new(&file.path, file.line_of("[lints"), "the lints are not the workspace's", help));
    }
    for dependency in dependencies(&manifest) {
        if !inherits(Some(&dependency.value)) {
            let what = format!("`{}` does not take its version from the workspace", dependency.name);
            let help = "add it to [workspace.dependencies] and write `.workspace = true` here";
            findings.push(Finding::new(&file.path, file.line_of(&dependency.name), what, help));
        }
    }
    findings
}

fn lookup<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    const GOOD: &str = "\
[package]
name = \"a\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
[lints]
workspace = true
[dependencies]
serde.workspace = true
toml = { workspace = true, features = [\"x\"] }
";

    #[test]
    fn a_crate_inherits() {
        let path = "crates/a/Cargo.toml";
        expect(&CHECK, &[(path, GOOD)], &[]);
        let own_edition = GOOD.replace("edition.workspace = true", "edition = \"2021\"");
        expect(&CHECK, &[(path, &own_edition)], &["crates/a/Cargo.toml:1"]);
        let own_lints = GOOD.replace("[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = \"allow\"");
        expect(&CHECK, &[(path, &own_lints)], &["crates/a/Cargo.toml:7"]);
        let own_version = GOOD.replace("serde.workspace = true", "serde = \"1\"");
        expect(&CHECK, &[(path, &own_version)], &["crates/a/Cargo.toml:10"]);
    }

    #[test]
    fn the_workspace_forbids_unsafe() {
        expect(&CHECK, &[("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n")], &[]);
        expect(&CHECK, &[("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n")], &["Cargo.toml:0"]);
    }
}
