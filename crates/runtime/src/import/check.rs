//! Looking whether what an import keeps is whole: every part is what was written, no event is kept twice, and nothing
//! half-written is left.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::day::Day;
use super::journal::{self, is_part_name, part_name};
use super::kept::{Kept, Key, Place};
use super::part::{Part, PartReader};
use super::write::Digest;
use super::{ImportError, LOCK, STAGING, partitions};
use crate::input::open_file;
use crate::limits::{FINDINGS_MAX, PLACE_EVENTS_MAX};

/// What a look at a folder found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Partitions, each a day and a data set.
    pub partitions: u64,
    /// Parts that are live.
    pub parts: u64,
    /// Events in the parts that can be read.
    pub events: u64,
    /// Events that are there more than once, each time but the first.
    pub twice: u64,
    /// What is wrong, in the order of the paths.
    pub findings: Vec<Finding>,
    /// What is wrong beside that and is not described.
    pub more: u64,
}

/// Something that is wrong with a file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub way_out: &'static str,
    /// Whether events are lost to those who read the folder.
    pub is_loss: bool,
}

const UNREADABLE: &str = "bring it back from a copy, or move it away and import its events again";
const AGAIN: &str = "import this partition into a new folder, which keeps each event once, and put what is there in its place";
const LEFT: &str =
    "commands that read the folder heed it; the next import into the folder removes it";

/// Looks at everything in a folder. `on_part` is called with each part before it is read.
pub fn check(folder: &Path, on_part: &mut dyn FnMut(&Path)) -> Result<Checked, ImportError> {
    let at = |path: &Path, cause| ImportError::Folder { path: path.to_owned(), cause };
    let partitions = partitions(folder).map_err(|cause| at(folder, cause))?;
    let lock = unlocked(folder)?;
    if lock.is_none() && partitions.is_empty() {
        return Err(at(folder, io::Error::other("no import wrote into this folder")));
    }
    let mut checked = Checked::default();
    let staging = folder.join(STAGING);
    if staging.exists() {
        let what = "an import was stopped before its end";
        checked.found(&staging, what, LEFT, false);
    }
    for partition in partitions {
        checked.partitions += 1;
        checked.partition(&partition, on_part);
    }
    Ok(checked)
}

/// The lock of the folder, if it has one: no import runs while it is held.
fn unlocked(folder: &Path) -> Result<Option<File>, ImportError> {
    let path = folder.join(LOCK);
    let failed = |cause| ImportError::Folder { path: path.clone(), cause };
    let file = match open_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            let why = "an import into this folder runs; look at it again when that has ended";
            Err(failed(io::Error::other(why)))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

impl Checked {
    fn found(&mut self, path: &Path, what: &str, way_out: &'static str, is_loss: bool) {
        if self.findings.len() < FINDINGS_MAX {
            let (path, what) = (path.to_owned(), what.to_owned());
            self.findings.push(Finding { path, what, way_out, is_loss });
        } else {
            self.more += 1;
        }
    }

    fn partition(&mut self, folder: &Path, on_part: &mut dyn FnMut(&Path)) {
        match journal::has_hidden(folder) {
            Ok(false) => {}
            Ok(true) => {
                let what = "an import was stopped while it replaced parts";
                self.found(folder, what, LEFT, false);
            }
            Err(error) => return self.found(folder, &error.to_string(), UNREADABLE, true),
        }
        let live = match journal::live(folder) {
            Ok(live) => live,
            Err(error) => return self.found(folder, &error.to_string(), UNREADABLE, true),
        };
        let mut whole = Vec::new();
        for path in live {
            on_part(&path);
            match opened(&path) {
                // What nobody imported is left alone.
                Ok(None) => {}
                Ok(Some(part)) => {
                    self.parts += 1;
                    whole.push(part);
                }
                Err(error) => {
                    self.parts += 1;
                    self.found(&path, &error.to_string(), UNREADABLE, true);
                }
            }
        }
        self.events_of(folder, &whole);
    }

    /// Reads the events of a partition, of all parts in the order of their times.
    fn events_of(&mut self, folder: &Path, parts: &[Part]) {
        let mut sources: Vec<Source> = parts.iter().filter_map(|part| self.source(part)).collect();
        let (mut place, mut seen) = (None, HashSet::<Key>::new());
        let mut twice = 0;
        loop {
            let next = sources
                .iter()
                .enumerate()
                .filter_map(|(at, source)| Some((source.next.as_ref()?, at)));
            let Some((_, at)) = next.min_by_key(|((there, _), at)| (*there, *at)) else { break };
            let Some((there, key)) = sources[at].next.take() else { break };
            if place != Some(there) {
                seen.clear();
                place = Some(there);
            }
            self.events += 1;
            if seen.len() < PLACE_EVENTS_MAX {
                twice += u64::from(!seen.insert(key));
            }
            if let Err(what) = sources[at].step() {
                self.found(&sources[at].path, &what, UNREADABLE, true);
            }
        }
        if 0 < twice {
            self.twice += twice;
            self.found(folder, &format!("{twice} events are there more than once"), AGAIN, false);
        }
    }

    fn source(&mut self, part: &Part) -> Option<Source> {
        // Of a part whose bytes are known to be right, the documents need not be unpacked.
        let whole = !has_part_name(&part.path);
        let read = part.read(whole).map_err(|error| error.to_string()).and_then(|events| {
            let (path, day) = (part.path.clone(), Day::of(&part.path));
            let mut source = Source { path, day, events, next: None, last: None };
            source.step().map(|()| source)
        });
        match read {
            Ok(source) => Some(source),
            Err(what) => {
                self.found(&part.path, &what, UNREADABLE, true);
                None
            }
        }
    }
}

fn has_part_name(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(is_part_name)
}

/// A part whose bytes are those that were written; `None` for a file that is none.
fn opened(path: &Path) -> io::Result<Option<Part>> {
    // The name says what the bytes were.
    if has_part_name(path) {
        let mut file = open_file(path)?;
        let (mut digest, mut block) = (Digest::default(), vec![0; 1 << 16]);
        loop {
            match file.read(&mut block)? {
                0 => break,
                count => digest.update(&block[..count]),
            }
        }
        if !path.ends_with(part_name(digest.finish())) {
            return Err(io::Error::other("its bytes are not those that were written"));
        }
    }
    Part::open(path)
}

/// The events of a part while they are read.
struct Source {
    path: PathBuf,
    day: Option<Day>,
    events: PartReader,
    /// The next event.
    next: Option<(Place, Key)>,
    last: Option<Place>,
}

impl Source {
    /// Goes on to the next event.
    fn step(&mut self) -> Result<(), String> {
        self.next = match self.events.next() {
            None => None,
            Some(Err(error)) => return Err(error.to_string()),
            Some(Ok(kept)) => Some(self.looked_at(&kept)?),
        };
        Ok(())
    }

    fn looked_at(&mut self, kept: &Kept) -> Result<(Place, Key), String> {
        let place = kept.place();
        if self.last.is_some_and(|last| place < last) {
            return Err(format!("the event {} is out of the order of time", kept.id));
        }
        if self.day.is_some_and(|day| !day.has(kept.nanos)) {
            return Err(format!("the event {} is of another day", kept.id));
        }
        self.last = Some(place);
        Ok((place, kept.key()))
    }
}
