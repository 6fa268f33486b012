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
/// How the name of a part ends.
const PART_END: &str = ".parquet";

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
