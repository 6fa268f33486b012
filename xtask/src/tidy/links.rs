//! Links between the Markdown pages of the repository lead somewhere, headings included.

use super::tree::File;
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "links", holds: "links inside the repository's Markdown pages resolve", run };

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension("md")) {
        for (line, text) in prose(file) {
            for target in targets(text) {
                if let Some(what) = broken(tree, file, target) {
                    findings.push(Finding::new(&file.path, line, what, "correct the link, or add what it names"));
                }
            }
        }
    }
    findings
}

fn broken(tree: &Tree, file: &File, target: &str) -> Option<String> {
    // Another scheme leads out of the repository.
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { Some(file.path.clone()) } else { resolved(&file.path, path) };
    let Some(path) = path.filter(|path| tree.has(path)) else {
        return Some(format!("`{target}` is not in the repository"));
    };
    if anchor.is_empty() {
        return None;
    }
    let known = tree.file(&path).is_some_and(|page| anchors(page).any(|known| known == anchor));
    (!known).then(|| format!("`{path}` has no heading for `#{anchor}`"))
}

/// The path from the root of a link that stands in `page`; `None` if it leads out of the repository.
fn resolved(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The lines outside fenced blocks.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of `[text](target)` and `[label]: target`, outside code.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if let Some((label, target)) = line.split_once("]: ")
        && label.starts_with('[')
        && !label.contains(']')
    {
        found.push(target.trim());
    }
    for piece in outside_code(line) {
        for rest in piece.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            found.push(target.trim_matches(['<', '>']));
        }
    }
    found
}

/// The parts of a line that are not between backticks. A link whose text is code keeps its `](target)`.
fn outside_code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').step_by(2)
}

/// What a heading is linked as: lower case, blanks as `-`, no punctuation, and `-N` for the N-th repetition.
fn anchors(page: &File) -> impl Iterator<Item = String> {
    let mut seen: Vec<String> = Vec::new();
    prose(page).filter(|(_, line)| line.starts_with('#')).map(move |(_, line)| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = seen.iter().filter(|known| **known == anchor).count();
        seen.push(anchor.clone());
        if before == 0 { anchor } else { format!("{anchor}-{before}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[track_caller]
    fn check(link: &str, expected: bool) {
        let page = format!("# Page\n\nSee {link}.\n");
        let tree = [
            ("docs/a.md", page.as_str()),
            ("docs/b.md", "# B\n\n## The `x` of (it)\n\n## Twice\n\n## Twice\n"),
            ("README.md", ""),
        ];
        expect(&CHECK, &tree, if expected { &[] } else { &["docs/a.md:3"] });
    }

    #[test]
    fn links_lead_somewhere() {
        check("[b](b.md)", true);
        check("[b](./b.md) and [r](../README.md)", true);
        check("[docs](../docs/)", true);
        check("[c](c.md)", false);
        check("[b](b.md) and [c](c.md)", false);
        check("[out](../../other/README.md)", false);
        check("[`b`](c.md)", false);
    }

    #[test]
    fn headings_count() {
        check("[here](#page)", true);
        check("[b](b.md#the-x-of-it)", true);
        check("[b](b.md#twice-1)", true);
        check("[b](b.md#twice-2)", false);
        check("[here](#nowhere)", false);
    }

    #[test]
    fn what_is_no_link_of_ours_is_left_alone() {
        check("[e](https://example.com/c.md)", true);
        check("`[c](c.md)`", true);
        check("nothing\n\n```text\n[c](c.md)\n```\n", true);
    }
}
