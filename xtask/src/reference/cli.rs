//! Writes `docs/reference/cli.md` from the help texts that a test of the binary holds it to.
//!
//! Reading them spares this tool from building the whole product; the test `help` of the crate `brokerwatch` keeps them
//! what the binary says.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::GENERATED;
use crate::files;

/// Where the help texts are, from the root of the repository.
const FOLDER: &str = "crates/brokerwatch/tests/help";

/// The text of the page.
pub(crate) fn page() -> Result<String> {
    let mut out = format!("# Command line\n\n{GENERATED}\n{INTRODUCTION}");
    for name in names()? {
        let text = files::text(&files::root().join(FOLDER).join(format!("{name}.long.txt")))?;
        write!(out, "\n## {}\n\n```text\n{text}```\n", name.replace('.', " "))?;
    }
    Ok(out)
}

const INTRODUCTION: &str = "\
What `--help` says of each command; `-h` is shorter.
Data goes to standard output, everything else to standard error.
Exit codes are 0 for nothing found, 1 for something found and 2 for an error.
";

/// The commands that have a text, `brokerwatch` first because every other name begins with it.
fn names() -> Result<Vec<String>> {
    let folder = files::root().join(FOLDER);
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?
    {
        let file = entry?.file_name().to_string_lossy().into_owned();
        names.extend(file.strip_suffix(".long.txt").map(str::to_owned));
    }
    names.sort();
    ensure!(!names.is_empty(), "{FOLDER} has no help text");
    Ok(names)
}
