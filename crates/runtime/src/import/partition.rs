//! One partition while events come for it, in the order of their time: which of them are new, and the parts that they
//! become together with small parts that are there.

use std::collections::HashSet;
use std::io;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::journal;
use super::kept::{Kept, Key, Place, Spool, Spooled};
use super::part::{Part, PartReader};
use super::write::write_part;
use crate::limits::{PART_BYTES_MAX, PART_ROWS_MAX, PLACE_EVENTS_MAX, SMALL_PART_FRACTION};

/// A partition that takes events.
pub(super) struct Partition {
    folder: PathBuf,
    staging: PathBuf,
    parts: Vec<Part>,
    known: Vec<Ids>,
    /// The place whose events are in `seen`.
    place: Option<Place>,
    seen: HashSet<Key>,
    /// Events that are new.
    fresh: Spool,
    outcome: Outcome,
}

/// What became of the events of a partition.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Events that are new.
    pub(super) kept: u64,
    /// Events that were there already.
    pub(super) known: u64,
    /// Events that were kept without looking whether they were there.
    pub(super) unchecked: u64,
    /// Parts that were written.
    pub(super) written: u64,
    /// Small parts that went into them.
    pub(super) compacted: u64,
    /// Names of fields that are no columns, because there are too many.
    pub(super) narrowed: u64,
}

/// Why a partition takes no events.
#[derive(Debug)]
pub(super) struct Broken {
    /// The file or folder.
    pub(super) path: PathBuf,
    pub(super) why: String,
}

impl Broken {
    pub(super) fn new(path: &Path, why: &impl ToString) -> Broken {
        Broken { path: path.to_owned(), why: why.to_string() }
    }
}

impl Partition {
    /// Opens a partition of an import, with the parts that it has.
    pub(super) fn open(root: &Path, staging: &Path, name: &str) -> Result<Partition, Broken> {
        let folder = root.join(name);
        let mut parts = Vec::new();
        if folder.exists() {
            for path in journal::live(&folder).map_err(|error| Broken::new(&folder, &error))? {
                let broken = |error: &io::Error| Broken::new(&path, error);
                // What nobody imported is left alone.
                parts.extend(Part::open(&path).map_err(|error| broken(&error))?);
            }
        }
        let mut known = Vec::new();
        for part in &parts {
            let reader = part.read(false).map_err(|error| Broken::new(&part.path, &error))?;
            known.push(Ids { path: part.path.clone(), reader, next: None });
        }
        let fresh = Spool::create(staging).map_err(|error| Broken::new(staging, &error))?;
        Ok(Partition {
            folder,
            staging: staging.to_owned(),
            parts,
            known,
            place: None,
            seen: HashSet::new(),
            fresh,
            outcome: Outcome::default(),
        })
    }

    /// Takes an event, which is not before those that were taken.
    pub(super) fn take(&mut self, kept: &Kept) -> Result<(), Broken> {
        let place = kept.place();
        if self.place != Some(place) {
            self.go_to(place)?;
        }
        let key = kept.key();
        if self.seen.contains(&key) {
            self.outcome.known += 1;
            return Ok(());
        }
        if self.seen.len() < PLACE_EVENTS_MAX {
            self.seen.insert(key);
        } else {
            self.outcome.unchecked += 1;
        }
        self.outcome.kept += 1;
        self.fresh.write(kept).map_err(|error| Broken::new(&self.staging, &error))
    }

    /// Finds the events that are there at a place.
    fn go_to(&mut self, place: Place) -> Result<(), Broken> {
        self.seen.clear();
        self.place = Some(place);
        for ids in &mut self.known {
            ids.pass_to(place, &mut self.seen)?;
        }
        Ok(())
    }

    /// Writes what is new.
    pub(super) fn close(self, threads: usize) -> Result<Outcome, Broken> {
        let mut outcome = self.outcome;
        if outcome.kept == 0 {
            return Ok(outcome);
        }
        drop(self.known);
        let staging = self.staging;
        let failed = |error: io::Error| Broken::new(&staging, &error);
        let fresh = self.fresh.finish().map_err(failed)?;
        let small: Vec<Part> = self.parts.into_iter().filter(is_small).collect();
        let files = if small.is_empty() && BOUNDS.hold(fresh.rows, fresh.bytes) {
            vec![fresh]
        } else {
            merged(&small, &fresh, &staging, BOUNDS)?
        };
        let mut new = Vec::new();
        for file in files {
            let file = Arc::new(file);
            let (part, narrowed) = write_part(&file, &staging, threads)
                .map_err(|why| Broken::new(&self.folder, &why))?;
            outcome.narrowed += narrowed;
            new.push(part);
        }
        outcome.written = new.len() as u64;
        outcome.compacted = small.len() as u64;
        let replaced: Vec<PathBuf> = small.iter().map(|part| part.path.clone()).collect();
        // Where open files cannot be deleted, nothing may hold one.
        drop(small);
        journal::commit(&self.folder, &staging, new, &replaced)
            .map_err(|error| Broken::new(&self.folder, &error))?;
        Ok(outcome)
    }
}

/// Whether a part has room for as many events again.
fn is_small(part: &Part) -> bool {
    part.rows() < PART_ROWS_MAX / SMALL_PART_FRACTION
        && part.bytes < PART_BYTES_MAX / SMALL_PART_FRACTION / PACKED
}

/// How much smaller a part is than the documents in it, about.
const PACKED: u64 = 8;

/// What a part may have before another is begun.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    rows: u64,
    bytes: u64,
}

const BOUNDS: Bounds = Bounds { rows: PART_ROWS_MAX, bytes: PART_BYTES_MAX };

impl Bounds {
    fn hold(self, rows: u64, bytes: u64) -> bool {
        rows <= self.rows && bytes <= self.bytes
    }
}

/// The places and keys of the events of a part, in their order.
struct Ids {
    path: PathBuf,
    reader: PartReader,
    /// The first event that is behind all places asked for.
    next: Option<(Place, Key)>,
}

impl Ids {
    /// Passes over the events up to a place, and takes in those that are there.
    fn pass_to(&mut self, place: Place, seen: &mut HashSet<Key>) -> Result<(), Broken> {
        let mut take = |(there, key): (Place, Key)| {
            if there == place && seen.len() < PLACE_EVENTS_MAX {
                seen.insert(key);
            }
            there <= place
        };
        if let Some(next) = self.next
            && !take(next)
        {
            return Ok(());
        }
        self.next = None;
        self.reader.skip_before(place);
        for kept in &mut self.reader {
            let kept = kept.map_err(|error| Broken::new(&self.path, &error))?;
            let next = (kept.place(), kept.key());
            if !take(next) {
                self.next = Some(next);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The events of small parts and new ones in the order of their time, in files that become a part each. Of one time,
/// those that were there come first.
fn merged(
    small: &[Part],
    fresh: &Spooled,
    staging: &Path,
    bounds: Bounds,
) -> Result<Vec<Spooled>, Broken> {
    type Events = Peekable<Box<dyn Iterator<Item = Result<Kept, Broken>>>>;
    let mut sources: Vec<Events> = Vec::new();
    for part in small {
        let path = part.path.clone();
        let events = part.read(true).map_err(|error| Broken::new(&path, &error))?;
        let events = events.map(move |kept| kept.map_err(|error| Broken::new(&path, &error)));
        sources.push((Box::new(events) as Box<dyn Iterator<Item = _>>).peekable());
    }
    let failed = |error: io::Error| Broken::new(staging, &error);
    let folder = staging.to_owned();
    let events = fresh.read().map_err(failed)?;
    let events = events.map(move |kept| kept.map_err(|error| Broken::new(&folder, &error)));
    sources.push((Box::new(events) as Box<dyn Iterator<Item = _>>).peekable());
    let mut files = Vec::new();
    let mut file = Spool::create(staging).map_err(failed)?;
    loop {
        let mut first: Option<(usize, Option<Place>)> = None;
        for (number, source) in sources.iter_mut().enumerate() {
            // An error comes at once.
            let Some(next) = source.peek() else { continue };
            let place = next.as_ref().ok().map(Kept::place);
            if first.is_none_or(|(_, least)| place < least) {
                first = Some((number, place));
            }
        }
        let Some(kept) = first.and_then(|(number, _)| sources[number].next()) else { break };
        let kept = kept?;
        let full = !bounds.hold(file.rows() + 1, file.bytes() + kept.bytes() as u64);
        if full && 0 < file.rows() {
            let next = Spool::create(staging).map_err(failed)?;
            files.push(std::mem::replace(&mut file, next).finish().map_err(failed)?);
        }
        file.write(&kept).map_err(failed)?;
    }
    files.push(file.finish().map_err(failed)?);
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(nanos: i64) -> Kept {
        Kept {
            nanos: Some(nanos),
            id: format!("id{nanos}"),
            index: None,
            record: None,
            reader: None,
            document: "{}".to_owned(),
        }
    }

    /// How many events the files have that ten events become, which come back in their order.
    fn files(bounds: Bounds) -> Vec<u64> {
        let staging = tempfile::tempdir().unwrap();
        let mut fresh = Spool::create(staging.path()).unwrap();
        (0..10).for_each(|nanos| fresh.write(&event(nanos)).unwrap());
        let files = merged(&[], &fresh.finish().unwrap(), staging.path(), bounds).unwrap();
        let events = files.iter().flat_map(|file| file.read().unwrap().map(Result::unwrap));
        assert!(events.eq((0..10).map(event)));
        files.iter().map(|file| file.rows).collect()
    }

    #[test]
    fn another_part_is_begun_past_the_rows_or_the_bytes_of_one() {
        let most = u64::MAX;
        assert_eq!(files(Bounds { rows: 10, bytes: most }), [10]);
        assert_eq!(files(Bounds { rows: 4, bytes: most }), [4, 4, 2]);
        // An event that is too large for any part has one of its own.
        assert_eq!(files(Bounds { rows: most, bytes: 0 }), [1; 10]);
        let three = files(Bounds { rows: most, bytes: 3 * event(0).bytes() as u64 });
        assert!((1..10).contains(&three.len()) && 3 <= three[0], "{three:?}");
    }
}
