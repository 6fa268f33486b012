//! Golden files: `NAME.in` beside `NAME.expected`, found by looking, so that none can be forgotten.

use std::path::Path;

use crate::files;

/// Compares what `run` makes of each `*.in` file in `dir` with the `*.expected` file beside it.
///
/// `dir` is relative to the crate, as cargo runs its tests there. With `BROKERWATCH_UPDATE=1` the expected files are
/// rewritten instead.
///
/// # Panics
/// When a result differs, when a file has no partner, when an input is no UTF-8, and when there is no case at all.
#[track_caller]
pub fn golden(dir: impl AsRef<Path>, mut run: impl FnMut(&str) -> String) {
    settle(each(dir.as_ref(), crate::updating(), |bytes| {
        std::str::from_utf8(bytes).map(&mut run).map_err(|error| error.to_string())
    }));
}

/// The same as [`golden`], for inputs that are no text.
///
/// # Panics
/// As [`golden`] does.
#[track_caller]
pub fn golden_bytes(dir: impl AsRef<Path>, mut run: impl FnMut(&[u8]) -> String) {
    settle(each(dir.as_ref(), crate::updating(), |bytes| Ok(run(bytes))));
}

#[track_caller]
fn settle(outcome: Result<(), Vec<String>>) {
    if let Err(failures) = outcome {
        panic!("{} golden failure(s)\n{}", failures.len(), failures.join("\n"));
    }
}

/// Every case of the directory; all failures, not the first.
fn each(
    dir: &Path,
    update: bool,
    mut run: impl FnMut(&[u8]) -> Result<String, String>,
) -> Result<(), Vec<String>> {
    let inputs = files::with_extension(dir, "in").map_err(|error| vec![error])?;
    if inputs.is_empty() {
        return Err(vec![format!("{}: no `*.in` file", dir.display())]);
    }
    let mut failures: Vec<String> =
        inputs.iter().filter_map(|input| one(input, update, &mut run).err()).collect();
    for expected in files::with_extension(dir, "expected").map_err(|error| vec![error])? {
        if !expected.with_extension("in").is_file() {
            failures.push(format!("{}: no `.in` file beside it", expected.display()));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn one(
    input: &Path,
    update: bool,
    run: &mut impl FnMut(&[u8]) -> Result<String, String>,
) -> Result<(), String> {
    let actual = run(&files::bytes(input)?).map_err(|why| format!("{}: {why}", input.display()))?;
    let expected = input.with_extension("expected");
    if update {
        return files::write(&expected, &actual);
    }
    if !expected.is_file() {
        let name = expected.display();
        return Err(format!("{name}: missing; run again with {}=1 to write it", crate::UPDATE));
    }
    match first_difference(&files::text(&expected)?, &actual) {
        None => Ok(()),
        Some((line, wanted, got)) => Err(format!(
            "{}:{line}: expected {wanted}, got {got}; {}=1 takes the new results",
            expected.display(),
            crate::UPDATE
        )),
    }
}

/// The first line in which two texts differ, with what each has there.
pub(crate) fn first_difference(expected: &str, actual: &str) -> Option<(usize, String, String)> {
    if expected == actual {
        return None;
    }
    let (mut wanted, mut got) = (expected.split('\n'), actual.split('\n'));
    let shown = |line: Option<&str>| line.map_or("the end".to_owned(), |text| format!("`{text}`"));
    // The texts differ, so the loop meets a difference at the latest where the shorter one ends.
    for number in 1.. {
        let (left, right) = (wanted.next(), got.next());
        if left != right {
            return Some((number, shown(left), shown(right)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: Result<(), &str>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let outcome =
            each(dir.path(), false, |bytes| Ok(String::from_utf8_lossy(bytes).to_uppercase()));
        match (outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(failures), Err(part)) => {
                assert!(failures.join("\n").contains(part), "{failures:?}");
            }
            (outcome, expected) => panic!("{outcome:?} is not {expected:?}"),
        }
    }

    #[test]
    fn a_pair_that_agrees_passes() {
        check(&[("a.in", "one\n"), ("a.expected", "ONE\n")], Ok(()));
    }

    #[test]
    fn a_difference_names_its_line() {
        let pair = [("a.in", "one\ntwo\n"), ("a.expected", "ONE\nTOO\n")];
        check(&pair, Err("a.expected:2: expected `TOO`, got `TWO`"));
        check(
            &[("a.in", "one"), ("a.expected", "ONE\n")],
            Err("a.expected:2: expected ``, got the end"),
        );
    }

    #[test]
    fn nothing_to_compare_is_a_failure() {
        check(&[], Err("no `*.in` file"));
        check(&[("a.in", "one")], Err("a.expected: missing"));
        let orphan = [("a.in", "one"), ("a.expected", "ONE"), ("b.expected", "TWO")];
        check(&orphan, Err("b.expected: no `.in` file"));
    }

    #[test]
    fn an_update_writes_what_the_code_says() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.in"), "one\n").unwrap();
        each(dir.path(), true, |_| Ok("new\n".to_owned())).unwrap();
        assert_eq!(files::text(&dir.path().join("a.expected")).unwrap(), "new\n");
    }
}
