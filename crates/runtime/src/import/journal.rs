//! Which parts of a partition are live, whatever happens while an import replaces some by others.
//!
//! A journal beside the parts names those that are not: new ones before all of them are there, old ones after. Writing the
//! journal anew is one step that is done or not, so that at every moment either the old parts are live or the new ones.
//! Whoever reads leaves out what the journal names; the next import deletes it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::input::{open_file, text};
use crate::limits::JOURNAL_LOOKS_MAX;

/// The name of a journal.
const NAME: &str = ".parts.json";
/// How the name of a partition's folder begins.
pub(crate) const DATASET: &str = "dataset=";
/// How the name of a day's folder begins.
pub(crate) const DAY: &str = "day=";
/// How the name of a part begins.
const PART_BEGIN: &str = "part-";
/// How the name of a part ends.
const PART_END: &str = ".parquet";

/// The name of a part with this digest.
pub(crate) fn part_name(digest: u128) -> String {
    format!("{PART_BEGIN}{digest:032x}{PART_END}")
}

/// Whether a part is called so.
pub(crate) fn is_part_name(name: &str) -> bool {
    let digest = name.strip_prefix(PART_BEGIN).and_then(|rest| rest.strip_suffix(PART_END));
    digest.is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Journal {
    /// How often it was written.
    generation: u64,
    /// Files that are not live.
    hidden: BTreeSet<String>,
}

/// A part that is written and not yet in its place.
pub(crate) struct New {
    pub(crate) file: NamedTempFile,
    /// What it will be called.
    pub(crate) name: String,
}

/// The parts of a partition that are live, in the order of their names.
pub(crate) fn live(folder: &Path) -> io::Result<Vec<PathBuf>> {
    for _ in 0..JOURNAL_LOOKS_MAX {
        let before = read(folder)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(PART_END) && !name.starts_with('.') && !before.hidden.contains(&name)
            {
                found.push(folder.join(name));
            }
        }
        // Only if nothing was replaced in between, the list is the one of a moment.
        if read(folder)? == before {
            found.sort();
            return Ok(found);
        }
    }
    Err(io::Error::other("imports replace its parts all the time; try again when they are done"))
}

/// Whether a folder is a partition in which parts were replaced, or are being.
pub(crate) fn has_journal(folder: &Path) -> bool {
    is_partition(folder) && folder.join(NAME).exists()
}

/// Whether a partition has files that are not live, and that the next import deletes.
pub(crate) fn has_hidden(folder: &Path) -> io::Result<bool> {
    Ok(has_journal(folder) && !read(folder)?.hidden.is_empty())
}

/// Whether a file is named by the journal beside it.
pub(crate) fn is_hidden(path: &Path) -> io::Result<bool> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    Ok(has_journal(folder) && read(folder)?.hidden.contains(&*name.to_string_lossy()))
}

fn is_partition(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DATASET))
}

/// Puts new parts in their places and takes away those that they replace. Temporary files go into `staging`.
pub(crate) fn commit(
    folder: &Path,
    staging: &Path,
    new: Vec<New>,
    replaced: &[PathBuf],
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    sync_folder(folder.parent().unwrap_or(folder))?;
    let name = |path: &PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    let mut replaced: BTreeSet<String> = replaced.iter().filter_map(name).collect();
    // The same content has the same name: such a part stays what it is.
    for part in &new {
        replaced.remove(&part.name);
    }
    let steps = 1 < new.len() || !replaced.is_empty();
    let there = |part: &&New| folder.join(&part.name).exists();
    if steps {
        let names = new.iter().filter(|part| !there(part)).map(|part| part.name.clone());
        write(folder, staging, names.collect())?;
    }
    for part in new {
        if !there(&&part) {
            part.file.as_file().sync_all()?;
            part.file.persist(folder.join(&part.name)).map_err(|error| error.error)?;
        }
    }
    sync_folder(folder)?;
    if steps {
        write(folder, staging, replaced)?;
        clean(folder, staging)?;
    }
    Ok(())
}

/// Deletes what a journal names. Nothing is to be done where an import came to its end.
pub(crate) fn clean(folder: &Path, staging: &Path) -> io::Result<()> {
    let journal = read(folder)?;
    if journal.hidden.is_empty() {
        return Ok(());
    }
    for name in &journal.hidden {
        // A name with folders in it is not one that was written here.
        if Path::new(name).file_name().is_none_or(|file| file != name.as_str()) {
            continue;
        }
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync_folder(folder)?;
    write(folder, staging, BTreeSet::new())
}

fn read(folder: &Path) -> io::Result<Journal> {
    let path = folder.join(NAME);
    let journal = match text(&path) {
        Ok(text) => serde_json::from_str(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Journal::default()),
        Err(error) => return Err(error),
    };
    journal.map_err(|error| {
        let why = "it says which parts are live; delete it if no import is running, and look for events that are there twice";
        io::Error::other(format!("{}: {error}; {why}", path.display()))
    })
}

fn write(folder: &Path, staging: &Path, hidden: BTreeSet<String>) -> io::Result<()> {
    let generation = read(folder)?.generation + 1;
    let mut file = super::temporary(staging)?;
    serde_json::to_writer(&mut file, &Journal { generation, hidden })?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(folder.join(NAME)).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Makes sure that the names in a folder are on the disk. Not every system can do it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { open_file(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A partition and a folder for temporary files.
    struct Case {
        root: tempfile::TempDir,
        folder: PathBuf,
    }

    impl Case {
        fn new(parts: &[&str]) -> Case {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("dataset=d");
            fs::create_dir(&folder).unwrap();
            for part in parts {
                fs::write(folder.join(part), part).unwrap();
            }
            Case { root, folder }
        }

        fn staging(&self) -> &Path {
            self.root.path()
        }

        fn new_part(&self, name: &str) -> New {
            let mut file = crate::import::temporary(self.staging()).unwrap();
            file.write_all(name.as_bytes()).unwrap();
            New { file, name: name.to_owned() }
        }

        fn live(&self) -> Vec<String> {
            names(&live(&self.folder).unwrap())
        }

        fn say(&self, hidden: &[&str]) {
            let hidden = hidden.iter().map(|name| (*name).to_owned()).collect();
            write(&self.folder, self.staging(), hidden).unwrap();
        }
    }

    fn names(paths: &[PathBuf]) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        paths.iter().map(name).collect()
    }

    #[test]
    fn new_parts_take_the_place_of_old_ones() {
        let case = Case::new(&["a.parquet", "b.parquet", "c.parquet"]);
        let new = vec![case.new_part("d.parquet"), case.new_part("e.parquet")];
        let old = ["a.parquet", "b.parquet"].map(|name| case.folder.join(name));
        commit(&case.folder, case.staging(), new, &old).unwrap();
        assert_eq!(case.live(), ["c.parquet", "d.parquet", "e.parquet"]);
        assert!(!old[0].exists() && !old[1].exists());
        assert_eq!(read(&case.folder).unwrap(), Journal { generation: 3, hidden: BTreeSet::new() });
    }

    #[test]
    fn at_every_step_either_the_old_or_the_new_are_live() {
        let before = ["a.parquet", "b.parquet"];
        // The new ones are on their way: the first is in its place.
        let case = Case::new(&["a.parquet", "b.parquet", "new1.parquet"]);
        case.say(&["new1.parquet", "new2.parquet"]);
        assert_eq!(case.live(), before);
        assert!(is_hidden(&case.folder.join("new1.parquet")).unwrap());
        // The machine failed here.
        clean(&case.folder, case.staging()).unwrap();
        assert!(!case.folder.join("new1.parquet").exists());
        assert_eq!(case.live(), before);
        // All are in their places, and the old ones are named; one of them is deleted.
        let case = Case::new(&["b.parquet", "new1.parquet", "new2.parquet"]);
        case.say(&["a.parquet", "b.parquet"]);
        assert_eq!(case.live(), ["new1.parquet", "new2.parquet"]);
        clean(&case.folder, case.staging()).unwrap();
        assert!(!case.folder.join("b.parquet").exists());
        assert_eq!(case.live(), ["new1.parquet", "new2.parquet"]);
    }

    #[test]
    fn a_part_that_becomes_itself_stays() {
        let case = Case::new(&["a.parquet", "b.parquet"]);
        let old = ["a.parquet", "b.parquet"].map(|name| case.folder.join(name));
        commit(&case.folder, case.staging(), vec![case.new_part("a.parquet")], &old).unwrap();
        assert_eq!(case.live(), ["a.parquet"]);
    }

    #[test]
    fn a_journal_that_was_tampered_with_deletes_nothing_else() {
        let case = Case::new(&["a.parquet"]);
        let other = case.root.path().join("other.parquet");
        fs::write(&other, "").unwrap();
        case.say(&["../other.parquet", "..", ""]);
        clean(&case.folder, case.staging()).unwrap();
        assert!(other.exists());
        fs::write(case.folder.join(NAME), "{").unwrap();
        let why = live(&case.folder).unwrap_err().to_string();
        assert!(why.contains(NAME), "{why}");
    }

    #[test]
    fn inputs_are_the_live_parts() {
        let case = Case::new(&["a.parquet", "b.parquet", "c.parquet"]);
        case.say(&["b.parquet"]);
        let listed = |path: &Path| {
            let inputs = crate::inputs(&[path.to_owned()]);
            inputs.iter().map(|input| PathBuf::from(input.name())).collect::<Vec<_>>()
        };
        assert_eq!(names(&listed(case.root.path())), ["a.parquet", "c.parquet"]);
        assert_eq!(names(&listed(&case.folder)), ["a.parquet", "c.parquet"]);
        assert_eq!(names(&listed(&case.folder.join("[bc].parquet"))), ["c.parquet"]);
        assert!(listed(&case.folder.join("b.parquet")).is_empty());
    }
}
