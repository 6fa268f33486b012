//! A crate of the binary is compiled with the same features whether it is built alone or with the tests.
//!
//! Cargo compiles a crate anew for every other set of features. If a crate that only tests use turns on one more
//! feature deep down, `cargo run` and `cargo test --workspace` each compile DataFusion for themselves, which is ten
//! minutes and gigabytes on a fresh machine.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Check, Finding, Tree};
use crate::files;

pub(super) const CHECK: Check = Check {
    name: "features",
    holds: "`cargo run` and `cargo test --workspace` compile the binary's crates with the same features",
    run,
};

const PATH: &str = "Cargo.toml";

fn run(tree: &Tree) -> Vec<Finding> {
    if tree.file("Cargo.lock").is_none() {
        return vec![Finding::new(PATH, 0, "no Cargo.lock to resolve with", "commit it")];
    }
    let alone = resolved(&["--package", "brokerwatch", "--edges", "normal,build"]);
    let tested = resolved(&["--workspace", "--edges", "normal,build,dev"]);
    match (alone, tested) {
        (Ok(alone), Ok(tested)) => differences(&alone, &tested),
        (Err(message), _) | (_, Err(message)) => {
            vec![Finding::new(PATH, 0, message, "make `cargo tree --locked` work")]
        }
    }
}

/// The crates with their versions and features, a line each, as cargo resolves them for `selection`.
fn resolved(selection: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p} [{f}]"])
        .args(selection)
        .current_dir(files::root())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A finding for each crate of `alone` that is not, with the same features, in `tested`.
fn differences(alone: &str, tested: &str) -> Vec<Finding> {
    let wrong = crates(alone).difference(&crates(tested)).copied().collect::<Vec<_>>();
    let help = "find what turns on the other features (`cargo tree --workspace --invert CRATE --edges features`), \
                and take a version of it that does not";
    wrong
        .into_iter()
        .map(|line| Finding::new(PATH, 0, format!("the tests compile another `{line}`"), help))
        .collect()
}

/// The lines of `tree`, each once. Cargo marks a crate whose dependencies it has shown before.
fn crates(tree: &str) -> BTreeSet<&str> {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_crates_are_fine_and_other_features_are_not() {
        let alone = "a v1.0.0 [std]\nb v1.0.0 []\nb v1.0.0 [] (*)\n";
        assert_eq!(differences(alone, "b v1.0.0 []\na v1.0.0 [std]\nc v1.0.0 []\n"), []);
        let found = differences(alone, "b v1.0.0 [derive]\na v1.0.0 [std]\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.iter().all(|finding| finding.what.contains("b v1.0.0 []")), "{found:?}");
    }
}
