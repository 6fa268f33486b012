//! Keeping events: what inputs hold goes into a folder of Parquet files, each event once.
//!
//! ```text
//! events ──Collect──> sorted by partition and time ──Partition──> new ones ──write──> parts ──journal──> live
//!                                                       ▲
//!                      ids of the parts that are there ─┘
//! ```
//!
//! Events are sorted on disk, so that one partition is open at a time and the same events are neighbours, however many
//! there are of either. A part is written beside its place and moved there when it is whole; [`journal`] says which parts
//! are live while some replace others. So an import can be killed at any moment: what is there is whole, and running it
//! again does the rest.

mod check;
mod collect;
pub(crate) mod day;
pub(crate) mod journal;
pub(crate) mod kept;
pub(crate) mod part;
mod partition;
mod write;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use thiserror::Error;

pub use check::{Checked, Finding, check};
pub use collect::{Collect, Incoming};

use self::journal::{DATASET, DAY};
use self::kept::Place;
use self::partition::{Broken, Outcome, Partition};
use crate::Sorter;
use crate::limits::{PARTITIONS_MAX, SORT_BYTES_MAX};

/// The file that an import holds a lock on.
const LOCK: &str = ".lock";
/// The folder with what is not in its place yet.
const STAGING: &str = ".staging";

/// An import that runs.
pub struct Import {
    folder: PathBuf,
    staging: PathBuf,
    sorter: Sorter<Order, Incoming>,
    arrived: u64,
    threads: usize,
    /// Held until the end.
    _lock: File,
}

/// The order of events: by partition, then by place, then as they came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Order {
    partition: String,
    place: Place,
    arrival: u64,
}

/// What an import did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Events that are new.
    pub kept: u64,
    /// Events that were there already, or came twice.
    pub known: u64,
    /// Events that were kept without looking whether they were there, because too many have one time.
    pub unchecked: u64,
    /// Events that are in no part, because their partitions could not be written.
    pub left_out: u64,
    /// Parts that were written.
    pub written: u64,
    /// Small parts that went into others.
    pub compacted: u64,
    /// Names of fields that are no columns of a part, because it has too many.
    pub narrowed: u64,
    /// Partitions that events went into.
    pub partitions: u64,
    /// Files and folders that stopped a partition from being written, with the reason.
    pub broken: Vec<(PathBuf, String)>,
}

/// Why an import does not run.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The folder cannot be used.
    #[error("{}: {cause}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The events cannot be sorted on disk.
    #[error("sorting the events failed: {0}")]
    Sort(#[from] io::Error),
}

impl Import {
    /// Begins an import into a folder, which is made if it is not there. If another import into it runs, `on_wait` is
    /// called, and then it is waited for. What an import that was killed left behind is removed.
    pub fn begin(
        folder: &Path,
        threads: usize,
        on_wait: &mut dyn FnMut(),
    ) -> Result<Import, ImportError> {
        let at = |path: &Path, cause| ImportError::Folder { path: path.to_owned(), cause };
        fs::create_dir_all(folder).map_err(|cause| at(folder, cause))?;
        let path = folder.join(LOCK);
        let lock = locked(&path, on_wait).map_err(|cause| at(&path, cause))?;
        let staging = folder.join(STAGING);
        match fs::remove_dir_all(&staging) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(at(&staging, cause));
            }
            _ => {}
        }
        fs::create_dir(&staging).map_err(|cause| at(&staging, cause))?;
        for partition in partitions(folder).map_err(|cause| at(folder, cause))? {
            journal::clean(&partition, &staging).map_err(|cause| at(&partition, cause))?;
        }
        Ok(Import {
            folder: folder.to_owned(),
            sorter: Sorter::in_folder(SORT_BYTES_MAX, &staging),
            staging,
            arrived: 0,
            threads,
            _lock: lock,
        })
    }

    /// Takes events, which come in the order of the inputs.
    pub fn take(&mut self, events: Vec<Incoming>) -> Result<(), ImportError> {
        for event in events {
            let order = Order {
                partition: event.partition.clone(),
                place: event.kept.place(),
                arrival: self.arrived,
            };
            self.arrived += 1;
            let bytes = event.bytes() + order.partition.len();
            self.sorter.push(order, event, bytes)?;
        }
        Ok(())
    }

    /// Writes what is new of the events, partition by partition. `on_event` is called with how many are done with.
    pub fn finish(self, on_event: &mut dyn FnMut(u64)) -> Result<Imported, ImportError> {
        let mut writing = Writing {
            folder: &self.folder,
            staging: &self.staging,
            threads: self.threads,
            open: None,
            imported: Imported::default(),
        };
        let mut done = 0;
        self.sorter.finish(&mut |event| {
            writing.take(event);
            done += 1;
            on_event(done);
            Ok(())
        })?;
        writing.close();
        let imported = writing.imported;
        // Only a place for temporary files: the next import removes it if this one cannot.
        let _ = fs::remove_dir_all(&self.staging);
        Ok(imported)
    }
}

/// The partition that is open, and what was done so far.
struct Writing<'a> {
    folder: &'a Path,
    staging: &'a Path,
    threads: usize,
    open: Option<Open>,
    imported: Imported,
}

/// A partition, or the name of one that takes no events, with how many came for it.
struct Open {
    name: String,
    partition: Option<Partition>,
    events: u64,
}

impl Writing<'_> {
    fn take(&mut self, event: Incoming) {
        if self.open.as_ref().is_none_or(|open| open.name != event.partition) {
            self.close();
            self.open(event.partition);
        }
        let Some(open) = &mut self.open else { return };
        open.events += 1;
        if let Some(partition) = &mut open.partition
            && let Err(broken) = partition.take(&event.kept)
        {
            open.partition = None;
            self.broken(broken);
        }
    }

    fn open(&mut self, name: String) {
        let opened = if PARTITIONS_MAX <= self.imported.partitions {
            let why = format!(
                "the events have more than {PARTITIONS_MAX} days and data sets; import them in parts"
            );
            Err(Broken::new(&self.folder.join(&name), &why))
        } else {
            Partition::open(self.folder, self.staging, &name)
        };
        self.imported.partitions += 1;
        let partition = opened.map_err(|broken| self.broken(broken)).ok();
        self.open = Some(Open { name, partition, events: 0 });
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let closed = open.partition.map(|partition| partition.close(self.threads));
        match closed {
            Some(Ok(outcome)) => self.add(outcome),
            Some(Err(broken)) => {
                self.imported.left_out += open.events;
                self.broken(broken);
            }
            None => self.imported.left_out += open.events,
        }
    }

    fn add(&mut self, outcome: Outcome) {
        let Outcome { kept, known, unchecked, written, compacted, narrowed } = outcome;
        let imported = &mut self.imported;
        imported.kept += kept;
        imported.known += known;
        imported.unchecked += unchecked;
        imported.written += written;
        imported.compacted += compacted;
        imported.narrowed += narrowed;
    }

    fn broken(&mut self, Broken { path, why }: Broken) {
        const SHOWN_MAX: usize = 64;
        if self.imported.broken.len() < SHOWN_MAX {
            self.imported.broken.push((path, why));
        }
    }
}

/// A file that this process alone holds a lock on.
fn locked(path: &Path, on_wait: &mut dyn FnMut()) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_wait();
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(file)
}

/// The partitions that a folder has, in the order of their names.
fn partitions(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for day in folders(folder, DAY)? {
        found.extend(folders(&day, DATASET)?);
    }
    found.sort();
    Ok(found)
}

/// The folders in a folder whose names begin like this.
fn folders(folder: &Path, begin: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name().to_string_lossy().starts_with(begin) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A temporary file that may become one for all who may read the folder.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The mask of the process takes away what it should.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
