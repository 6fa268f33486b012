//! The changelog has one place for what is not released yet, and it comes first.

use super::{Check, Finding, Tree};

pub(super) const CHECK: Check = Check {
    name: "changelog",
    holds: "CHANGELOG.md has one `## Unreleased` heading, above every release",
    run,
};

const PATH: &str = "CHANGELOG.md";
const HEADING: &str = "## Unreleased";

fn run(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(PATH) else {
        return vec![Finding::new(PATH, 0, "missing", format!("begin it with `{HEADING}`"))];
    };
    let headings: Vec<_> = file.lines().filter(|(_, line)| line.starts_with("## ")).collect();
    let unreleased = |line: &str| line.trim_end() == HEADING;
    match headings.iter().position(|(_, line)| unreleased(line)) {
        None => vec![Finding::new(PATH, 0, "no heading for unreleased changes", format!("add `{HEADING}`"))],
        Some(first) => {
            let mut findings = Vec::new();
            if first != 0 {
                findings.push(Finding::new(
                    PATH,
                    headings[first].0,
                    format!("`{HEADING}` stands below a release"),
                    "move it to the top",
                ));
            }
            for (line, _) in headings[first + 1..].iter().filter(|(_, line)| unreleased(line)) {
                findings.push(Finding::new(PATH, *line, format!("a second `{HEADING}`"), "join the two"));
            }
            findings
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[test]
    fn one_heading_at_the_top() {
        let check = |text, expected: &[&str]| expect(&CHECK, &[(PATH, text)], expected);
        check("# Changes\n\n## Unreleased\n\n## 0.1.0\n", &[]);
        check("# Changes\n\n## 0.1.0\n", &["CHANGELOG.md:0"]);
        check("## 0.1.0\n## Unreleased\n", &["CHANGELOG.md:2"]);
        check("## Unreleased\n\n## Unreleased\n", &["CHANGELOG.md:3"]);
        expect(&CHECK, &[], &["CHANGELOG.md:0"]);
    }
}
