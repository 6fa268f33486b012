//! Every module says what it is for before it says anything else.

use super::{Check, Finding, Tree};

pub(super) const CHECK: Check = Check { name: "modules", holds: "every Rust file begins with `//!`", run };

fn run(tree: &Tree) -> Vec<Finding> {
    let silent = |text: &str| {
        text.lines().next().and_then(|line| line.strip_prefix("//!")).is_none_or(|words| words.trim().is_empty())
    };
    tree.sources()
        .filter(|file| silent(&file.text))
        .map(|file| {
            let help = "begin it with a `//!` sentence on what the file is for";
            Finding::new(&file.path, 1, "the module does not say what it is for", help)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[test]
    fn a_module_begins_with_its_purpose() {
        let path = "crates/a/src/lib.rs";
        expect(&CHECK, &[(path, "//! Reads.\n")], &[]);
        for text in ["", "use a;\n", "// Reads.\n", "//!\n", "\n//! Reads.\n"] {
            expect(&CHECK, &[(path, text)], &["crates/a/src/lib.rs:1"]);
        }
        expect(&CHECK, &[("docs/a.md", "# A\n")], &[]);
    }
}
