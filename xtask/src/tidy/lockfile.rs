//! The lock file names one source, under the name that every machine knows it by.
//!
//! A machine that reaches the registry through a mirror must not write the mirror's name: elsewhere it would not build.

use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "lockfile", holds: "every crate in Cargo.lock comes from the public registry", run };

const PATH: &str = "Cargo.lock";
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn run(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(PATH) else {
        return vec![Finding::new(PATH, 0, "missing", "commit it: the product is a program")];
    };
    let sources = file.lines().filter_map(|(line, text)| Some((line, text.strip_prefix("source = ")?)));
    sources
        .filter(|(_, source)| source.trim_matches('"') != SOURCE)
        .map(|(line, source)| {
            let help = "remove the source replacement from cargo's configuration, then run `cargo update --workspace`";
            Finding::new(PATH, line, format!("another source, {source}"), help)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[test]
    fn one_source() {
        let ours = format!("[[package]]\nname = \"a\"\nsource = \"{SOURCE}\"\n");
        expect(&CHECK, &[(PATH, &ours)], &[]);
        expect(&CHECK, &[(PATH, "[[package]]\nsource = \"git+https://example.com/a\"\n")], &["Cargo.lock:2"]);
        expect(&CHECK, &[(PATH, "source = \"sparse+https://example.com/\"\n")], &["Cargo.lock:1"]);
        expect(&CHECK, &[], &["Cargo.lock:0"]);
    }
}
