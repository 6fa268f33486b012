//! The files that tests read and rewrite; every failure names the file.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of a file.
#[expect(clippy::disallowed_methods, reason = "tests read their cases from files")]
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The text of a file, which must be UTF-8.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The files of a directory that end in `.extension`, by name.
pub(crate) fn with_extension(dir: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let in_dir = |error: std::io::Error| format!("{}: {error}", dir.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(in_dir)? {
        let path = entry.map_err(in_dir)?.path();
        if path.is_file() && path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
