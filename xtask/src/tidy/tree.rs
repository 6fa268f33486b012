//! The repository as the checks see it: every file that is, or would be, under version control, and the crates that the lock
//! file brings in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::files;

/// All files of the repository, by path, and the crates from elsewhere.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    pub(crate) packages: Vec<Package>,
}

/// One file.
pub(crate) struct File {
    /// The path from the root, with `/`.
    pub(crate) path: String,
    /// The text; empty for a file that is none.
    pub(crate) text: String,
}

/// One crate that is not ours.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence expression that its manifest gives.
    pub(crate) license: Option<String>,
    /// Where it comes from; nothing for a crate of this repository.
    pub(crate) source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl Tree {
    /// The tree under `root`, with the crates that `cargo metadata` names.
    pub(crate) fn load(root: &Path) -> Result<Tree> {
        let mut tree = Tree { files: read(root)?, packages: Vec::new() };
        tree.packages = packages(root)?;
        Ok(tree)
    }

    /// The file at `path`.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or a folder is at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty()
            || self.files.iter().any(|file| {
                file.path
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }

    /// The Rust files.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    /// The manifests of our crates, with the crate's folder name.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let name = folder.strip_prefix("crates/").unwrap_or(folder);
            (folder == "xtask" || folder != name && !name.contains('/')).then_some((name, file))
        })
    }

    /// A made-up tree.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Tree { files: files.iter().map(file).collect(), packages: Vec::new() }
    }
}

impl File {
    /// Whether the name ends in `.extension`.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|e| e == extension)
    }

    /// The lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// The first line that holds `text`, or 0.
    pub(crate) fn line_of(&self, text: &str) -> usize {
        self.lines().find(|(_, line)| line.contains(text)).map_or(0, |(number, _)| number)
    }
}

fn read(root: &Path) -> Result<Vec<File>> {
    let mut paths = listed(root).map_or_else(|| walked(root), Ok)?;
    paths.sort();
    paths.dedup();
    let mut found = Vec::new();
    for path in paths {
        let full = root.join(&path);
        // A file that is deleted but still listed is gone; a link is somebody else's file.
        if !full.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            continue;
        }
        found
            .push(File { path, text: String::from_utf8(files::bytes(&full)?).unwrap_or_default() });
    }
    Ok(found)
}

/// What git lists: tracked files, and new ones that are not ignored. `None` where there is no git or no repository.
fn listed(root: &Path) -> Option<Vec<String>> {
    root.join(".git").exists().then_some(())?;
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names = String::from_utf8(output.stdout).ok()?;
    Some(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// Every file but those of build folders, for a copy without its history.
fn walked(root: &Path) -> Result<Vec<String>> {
    const SKIPPED: &[&str] = &[".git", "target", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let full = root.join(&folder);
        for entry in
            std::fs::read_dir(&full).with_context(|| format!("reading {}", full.display()))?
        {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let name = path.to_string_lossy().replace('\\', "/");
            if entry.file_type()?.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else {
                found.push(name);
            }
        }
    }
    Ok(found)
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("running `cargo metadata`")?;
    ensure!(
        output.status.success(),
        "`cargo metadata --locked` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("reading `cargo metadata`")?;
    Ok(metadata.packages.into_iter().filter(|package| package.source.is_some()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_history_is_walked() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["src/a.rs", "target/debug/b.rs", ".ci/run", "logo.png"] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "text").unwrap();
        }
        std::fs::write(dir.path().join("logo.png"), [0xff, 0xfe]).unwrap();
        let files = read(dir.path()).unwrap();
        let seen: Vec<_> =
            files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        assert_eq!(seen, [(".ci/run", "text"), ("logo.png", ""), ("src/a.rs", "text")]);
    }

    #[test]
    fn manifests_are_those_of_crates() {
        let tree = Tree::of(&[
            ("Cargo.toml", ""),
            ("crates/ecs/Cargo.toml", ""),
            ("crates/ecs/tests/made/Cargo.toml", ""),
            ("fuzz/Cargo.toml", ""),
            ("xtask/Cargo.toml", ""),
        ]);
        let names: Vec<_> = tree.manifests().map(|(name, _)| name).collect();
        assert_eq!(names, ["ecs", "xtask"]);
    }

    #[test]
    fn folders_are_there_too() {
        let tree = Tree::of(&[("docs/reference/a.md", "")]);
        assert!(tree.has("docs/reference/a.md") && tree.has("docs/reference/") && tree.has("docs"));
        assert!(!tree.has("docs/ref") && !tree.has("docs/reference/a"));
    }
}
