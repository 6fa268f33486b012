//! Runs what the README promises: its first command must find something, its second must be the test command.
//!
//! The commands are those of the README's first block of code, so that what a newcomer types is what is run here.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::files;

/// How the first command must end: alerts were found.
const FOUND: i32 = 1;

/// The events that its alerts must be about, one JSON object with an `event.id` a line.
const EXPECTED: &str = "examples/expected.ndjson";

/// The command that runs the tests, as the README must give it.
const TEST: &str = "cargo test --workspace";

/// Runs the first command, and holds the second against [`TEST`].
pub(crate) fn run() -> Result<()> {
    let readme = files::text(&files::root().join("README.md"))?;
    let commands = commands(&readme);
    let Some(first) = commands.first() else {
        bail!("README.md has no block of code with a command")
    };
    ensure!(commands.contains(&TEST), "README.md's first block of code has no line `{TEST}`");
    files::say(&format!("$ {first}"));
    let output = Command::new("sh")
        .args(["-c", first])
        .current_dir(files::root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("running `{first}`"))?;
    let alerts = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.code() == Some(FOUND),
        "`{first}` ended with {}, not with exit code {FOUND} for alerts found; its output was\n{alerts}",
        output.status
    );
    let wrong = differences(&alerts, &files::text(&files::root().join(EXPECTED))?)?;
    ensure!(wrong.is_empty(), "`{first}` gave other alerts than {EXPECTED}:\n{}", wrong.join("\n"));
    files::say(&format!(
        "exit code {FOUND} and the {} alerts of {EXPECTED}",
        alerts.lines().count()
    ));
    Ok(())
}

/// What is missing from the alerts, and what is too many: one alert for each expected event, and no others.
fn differences(alerts: &str, expected: &str) -> Result<Vec<String>> {
    let (found, wanted) = (ids(alerts)?, ids(expected)?);
    let missing =
        wanted.iter().filter(|id| !found.contains(id)).map(|id| format!("no alert for `{id}`"));
    let more =
        found.iter().filter(|id| !wanted.contains(id)).map(|id| format!("an alert for `{id}`"));
    let mut wrong: Vec<String> = missing.chain(more).collect();
    if wrong.is_empty() && found.len() != wanted.len() {
        wrong.push(format!("{} alerts instead of {}", found.len(), wanted.len()));
    }
    Ok(wrong)
}

/// The `event.id` of each line. Documents write it with a dot or as an object, and an alert keeps its event's way.
fn ids(lines: &str) -> Result<Vec<String>> {
    let id = |line: &str| {
        let document: Value =
            serde_json::from_str(line).with_context(|| format!("reading `{line}`"))?;
        let id = document.get("event.id").or_else(|| document.pointer("/event/id"));
        let id =
            id.and_then(Value::as_str).with_context(|| format!("no `event.id` in `{line}`"))?;
        Ok(id.to_owned())
    };
    lines.lines().map(id).collect()
}

/// The commands of the first block of code, fenced or indented, without blank lines and comments.
fn commands(readme: &str) -> Vec<&str> {
    let mut lines = readme.lines().peekable();
    while lines.next_if(|line| !line.starts_with("```") && !line.starts_with(INDENT)).is_some() {}
    let fenced = lines.next_if(|line| line.starts_with("```")).is_some();
    lines
        .take_while(|line| if fenced { !line.starts_with("```") } else { line.starts_with(INDENT) })
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// What makes a line of Markdown a line of code.
const INDENT: &str = "    ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_the_first_block() {
        let fenced = "# A\n\n```sh\n# find\nrun a\n\nrun b\n```\n\n```sh\nrun c\n```\n";
        assert_eq!(commands(fenced), ["run a", "run b"]);
        let indented = "# A\n\nWords.\n\n    run a\n    run b\n\nMore.\n\n    run c\n";
        assert_eq!(commands(indented), ["run a", "run b"]);
        assert!(commands("# A\n").is_empty());
    }

    #[test]
    fn alerts_are_those_expected_and_no_others() {
        let expected = "{\"event.id\": \"a\"}\n{\"event.id\": \"b\"}\n";
        let check = |alerts: &str, wrong: &[&str]| {
            assert_eq!(differences(alerts, expected).unwrap(), wrong);
        };
        check("{\"event\": {\"id\": \"b\"}}\n{\"event.id\": \"a\"}\n", &[]);
        check(
            "{\"event.id\": \"a\"}\n{\"event.id\": \"c\"}\n",
            &["no alert for `b`", "an alert for `c`"],
        );
        check(&format!("{expected}{{\"event.id\": \"a\"}}"), &["3 alerts instead of 2"]);
        assert!(differences("no JSON", expected).is_err());
    }
}
