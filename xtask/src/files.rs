//! Where the repository is, reading its files, and speaking to the terminal.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The bytes of a file.
#[expect(clippy::disallowed_methods, reason = "the tool reads the repository's own files")]
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String> {
    String::from_utf8(bytes(path)?).with_context(|| format!("reading {}", path.display()))
}

/// One line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "a command line tool speaks on stderr")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}
