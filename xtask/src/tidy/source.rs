//! Rust text as far as the checks read it: line by line, with the tests and the comments set aside.

use super::tree::File;

/// The numbered lines of a file that are neither comments nor part of a `#[cfg(test)]` item; none for a file of tests.
///
/// Relies on what `cargo fmt` guarantees: an item that begins at the margin ends with a `}` at the margin.
pub(super) fn code(file: &File) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    if file.path.contains("/tests/") || file.path.ends_with("/tests.rs") {
        return kept;
    }
    let mut lines = file.lines();
    while let Some((number, line)) = lines.next() {
        if line == "#[cfg(test)]" {
            let mut item =
                lines.by_ref().map(|(_, line)| line).skip_while(|line| line.starts_with("#["));
            if item.next().is_some_and(|first| first.ends_with('{')) {
                item.find(|line| *line == "}");
            }
        } else if !line.trim_start().starts_with("//") {
            kept.push((number, line));
        }
    }
    kept
}

/// The texts between double quotes in a line of code. Good enough for texts without escaped quotes.
pub(super) fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_comments_are_set_aside() {
        let text = "\
//! Doc.
use a;
#[cfg(test)]
mod made;
fn f() {
    // why
    g(); // this
}
#[cfg(test)]
#[track_caller]
fn helper() {
    x();
}
#[cfg(test)]
mod tests {
    fn t() {
    }
}
fn after() {}
";
        let file = File { path: "crates/a/src/lib.rs".to_owned(), text: text.to_owned() };
        let numbers: Vec<_> = code(&file).iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 5, 7, 8, 19]);
        let file = File { path: "crates/a/tests/all.rs".to_owned(), text: text.to_owned() };
        assert!(code(&file).is_empty());
    }

    #[test]
    fn literals_are_the_texts_in_quotes() {
        assert_eq!(
            literals(r#"(CIDR, "EXP001", "words")"#).collect::<Vec<_>>(),
            ["EXP001", "words"]
        );
        assert_eq!(literals("no text").count(), 0);
    }
}
