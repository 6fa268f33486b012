//! Sources: the files that a path names. The only library that opens files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The files that paths name, in the order given; a folder's files sorted by path. `-` is standard input.
///
/// Hidden files and folders inside a named folder are passed over. A path that cannot be listed comes with its error.
pub fn files(paths: &[PathBuf]) -> Vec<(PathBuf, Option<io::Error>)> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            found.push((path.clone(), None));
            continue;
        }
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
        };
        for entry in WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(visible) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => found.push((entry.into_path(), None)),
                Ok(_) => {}
                Err(error) => {
                    let place = error.path().unwrap_or(path).to_owned();
                    found.push((place, Some(error.into())));
                }
            }
        }
    }
    found
}

/// Opens a file, or standard input for `-`.
#[expect(clippy::disallowed_methods, reason = "this is the library that opens files")]
pub fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(path)?))
}

/// The whole text of a small file: a rule, a mapping.
#[expect(clippy::disallowed_methods, reason = "this is the library that opens files")]
pub fn text(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}
