//! Runs what the README promises: its first command must find something, its second must be the test command.
//!
//! The commands are those of the README's first `sh` block, so that what a newcomer types is what is run here.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::files;

/// How the first command must end: alerts were found.
const FOUND: i32 = 1;

/// The command that runs the tests, as the README must give it.
const TEST: &str = "cargo test --workspace";

/// Runs the first command, and holds the second against [`TEST`].
pub(crate) fn run() -> Result<()> {
    let readme = files::text(&files::root().join("README.md"))?;
    let commands = commands(&readme);
    let Some(first) = commands.first() else { bail!("README.md has no `sh` block with a command") };
    ensure!(commands.contains(&TEST), "README.md's first `sh` block has no line `{TEST}`");
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
    ensure!(
        !alerts.trim().is_empty(),
        "`{first}` ended as if it had found alerts, but printed none"
    );
    files::say(&format!(
        "{}{} line(s), exit code {FOUND}",
        excerpt(&alerts),
        alerts.lines().count()
    ));
    Ok(())
}

/// The commands of the first `sh` block, without prompts, blank lines and comments.
fn commands(readme: &str) -> Vec<&str> {
    let block = readme.lines().skip_while(|line| line.trim_end() != "```sh").skip(1);
    block
        .take_while(|line| !line.starts_with("```"))
        .map(|line| line.trim().trim_start_matches("$ "))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split("  #").next().unwrap_or(line).trim_end())
        .collect()
}

/// The first lines of an output.
fn excerpt(text: &str) -> String {
    text.lines().take(5).fold(String::new(), |shown, line| shown + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_the_first_block() {
        let readme = "# A\n```text\nno\n```\n```sh\n# find\n$ run a  # finds\n\nrun b\n```\n```sh\nrun c\n```\n";
        assert_eq!(commands(readme), ["run a", "run b"]);
        assert!(commands("# A\n").is_empty());
    }
}
