//! Runs what the README promises: its first command must find something, its second must be the test command.
//!
//! The commands are those of the README's first block of code, so that what a newcomer types is what is run here.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::files;

/// How the first command must end: alerts were found.
const FOUND: i32 = 1;

/// The alerts that it must give, one JSON object with the name of the rule, the host and the time a line.
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

/// What is missing from the alerts, and what is too many.
fn differences(alerts: &str, expected: &str) -> Result<Vec<String>> {
    let (mut found, mut wrong) = (keys(alerts)?, Vec::new());
    for key in keys(expected)? {
        match found.iter().position(|alert| *alert == key) {
            Some(at) => drop(found.remove(at)),
            None => wrong.push(format!("no alert `{key}`")),
        }
    }
    wrong.extend(found.iter().map(|key| format!("an alert `{key}`")));
    Ok(wrong)
}

/// What an alert is known by, of each line. Documents write a field with a dot or as an object, and an alert keeps its
/// event's way.
fn keys(lines: &str) -> Result<Vec<String>> {
    let key = |line: &str| {
        let document: Value =
            serde_json::from_str(line).with_context(|| format!("reading `{line}`"))?;
        let value = |name: &str| {
            let nested = || document.pointer(&format!("/{}", name.replace('.', "/")));
            let value = document.get(name).or_else(nested);
            let text = value.and_then(Value::as_str);
            text.map(str::to_owned).with_context(|| format!("no `{name}` in `{line}`"))
        };
        Ok(format!("{}, {}, {}", value("rule.name")?, value("host.name")?, value("@timestamp")?))
    };
    lines.lines().map(key).collect()
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
        let alert = |host: &str| {
            format!(
                "{{\"rule\": {{\"name\": \"r\"}}, \"host.name\": \"{host}\", \"@timestamp\": \"t\"}}\n"
            )
        };
        let check = |alerts: &[&str], wrong: &[&str]| {
            let alerts: String = alerts.iter().map(|host| alert(host)).collect();
            let expected: String = ["a", "b", "b"].map(alert).concat();
            assert_eq!(differences(&alerts, &expected).unwrap(), wrong);
        };
        check(&["b", "a", "b"], &[]);
        check(&["a", "c", "b"], &["no alert `r, b, t`", "an alert `r, c, t`"]);
        check(&["a", "b", "b", "b"], &["an alert `r, b, t`"]);
        assert!(differences("no JSON", "").is_err());
        assert!(differences("{\"host.name\": \"a\"}", "").is_err());
    }
}
