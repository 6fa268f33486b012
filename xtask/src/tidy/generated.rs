//! What is generated is what the generator says now, and nothing lies among the generated pages by hand.

use anyhow::Result;

use super::{Check, Finding, Tree};
use crate::codegen::{PAGES, Page};

pub(super) const CHECK: Check = Check {
    name: "generated",
    holds: "generated files are fresh, and docs/reference/ holds no others",
    run: |tree| stale(tree, PAGES),
};

const REFERENCE: &str = "docs/reference/";

fn stale(tree: &Tree, pages: &[Page]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        pages.iter().filter_map(|(path, text)| difference(tree, path, text())).collect();
    for file in tree.files.iter().filter(|file| file.path.starts_with(REFERENCE)) {
        if !pages.iter().any(|(path, _)| *path == file.path) {
            let help = "list it in xtask/src/codegen.rs, or move it out of docs/reference/";
            findings.push(Finding::new(&file.path, 0, "no generator writes this page", help));
        }
    }
    findings
}

fn difference(tree: &Tree, path: &str, expected: Result<String>) -> Option<Finding> {
    let expected = match expected {
        Ok(expected) => expected,
        Err(error) => return Some(Finding::new(path, 0, format!("cannot be generated: {error:#}"), "see there")),
    };
    let current = tree.file(path).map_or("", |file| file.text.as_str());
    if current == expected {
        return None;
    }
    let same = current.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    Some(Finding::new(path, same + 1, "stale from here on", "run `cargo xtask codegen`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let pages: &[Page] = &[("docs/reference/a.md", || Ok("one\ntwo\n".to_owned()))];
        let found: Vec<_> =
            stale(&Tree::of(files), pages).iter().map(|f| format!("{}:{}", f.path, f.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_page_is_what_its_generator_says() {
        check(&[("docs/reference/a.md", "one\ntwo\n")], &[]);
        check(&[("docs/reference/a.md", "one\nthree\n")], &["docs/reference/a.md:2"]);
        check(&[], &["docs/reference/a.md:1"]);
        let by_hand = [("docs/reference/a.md", "one\ntwo\n"), ("docs/reference/b.md", "")];
        check(&by_hand, &["docs/reference/b.md:0"]);
    }

    #[test]
    fn a_generator_that_fails_is_a_finding() {
        let pages: &[Page] = &[("a.md", || anyhow::bail!("no data"))];
        assert!(stale(&Tree::of(&[]), pages)[0].what.contains("no data"));
    }
}
