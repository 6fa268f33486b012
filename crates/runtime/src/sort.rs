//! Sorting more than memory should hold: sorted runs in temporary files, merged at the end.
//!
//! postcard writes the runs: small, quick, and made for values that never leave the program. The files go with the sorter.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits::{SORT_BYTES_MAX, SORT_RUNS_MAX, WINDOW_BYTES_MAX};

/// Collects items, and gives them back in the order of their keys.
pub struct Sorter<K, T> {
    items: Vec<Keyed<K, T>>,
    /// About how many bytes the items hold.
    bytes: usize,
    bytes_max: usize,
    runs: Vec<File>,
    /// Where the runs are; the folder of the system if not said.
    folder: Option<PathBuf>,
}

/// An item that sorts by its key alone.
#[derive(Serialize, Deserialize)]
struct Keyed<K, T> {
    key: K,
    item: T,
}

impl<K: Ord, T> Ord for Keyed<K, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<K: Ord, T> PartialOrd for Keyed<K, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord, T> PartialEq for Keyed<K, T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K: Ord, T> Eq for Keyed<K, T> {}

impl<K, T> Default for Sorter<K, T>
where
    K: Ord + Serialize + DeserializeOwned,
    T: Serialize + DeserializeOwned,
{
    fn default() -> Sorter<K, T> {
        Sorter::with_bytes_max(SORT_BYTES_MAX)
    }
}

impl<K, T> Sorter<K, T>
where
    K: Ord + Serialize + DeserializeOwned,
    T: Serialize + DeserializeOwned,
{
    /// A sorter that holds about so many bytes in memory.
    pub fn with_bytes_max(bytes_max: usize) -> Sorter<K, T> {
        Sorter { items: Vec::new(), bytes: 0, bytes_max, runs: Vec::new(), folder: None }
    }

    /// A sorter that holds about so many bytes in memory, and the rest in a folder.
    pub fn in_folder(bytes_max: usize, folder: &Path) -> Sorter<K, T> {
        Sorter { folder: Some(folder.to_owned()), ..Sorter::with_bytes_max(bytes_max) }
    }

    /// Takes an item, which holds about so many bytes.
    pub fn push(&mut self, key: K, item: T, bytes: usize) -> io::Result<()> {
        self.items.push(Keyed { key, item });
        self.bytes += bytes + size_of::<Keyed<K, T>>();
        if self.bytes_max < self.bytes { self.spill() } else { Ok(()) }
    }

    /// Calls `on_item` with each item in order. Items with equal keys come in no particular order.
    pub fn finish(mut self, on_item: &mut dyn FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.items.sort_unstable();
        if self.runs.is_empty() {
            return self.items.into_iter().try_for_each(|keyed| on_item(keyed.item));
        }
        self.spill()?;
        merge(std::mem::take(&mut self.runs), &mut |keyed: Keyed<K, T>| on_item(keyed.item))
    }

    fn spill(&mut self) -> io::Result<()> {
        self.items.sort_unstable();
        let mut run = Run::create(self.folder.as_deref())?;
        for item in self.items.drain(..) {
            run.write(&item)?;
        }
        self.runs.push(run.finish()?);
        self.bytes = 0;
        if SORT_RUNS_MAX <= self.runs.len() {
            // Open files are few; one run of all takes their place.
            let mut run = Run::create(self.folder.as_deref())?;
            let runs = std::mem::take(&mut self.runs);
            merge(runs, &mut |item: Keyed<K, T>| run.write(&item))?;
            self.runs.push(run.finish()?);
        }
        Ok(())
    }
}

/// Puts items in order that nearly are, holding only as many as memory should.
///
/// Most inputs are written in the order of time, or nearly so, and then nothing has to be sorted or written. What cannot be
/// put in order so is told, and the caller starts again with a [`Sorter`].
pub struct Window<K, T> {
    items: VecDeque<(K, T, usize)>,
    bytes: usize,
    bytes_max: usize,
    /// The key of the last item that was given on.
    given: Option<K>,
}

/// An item came after one that is later was given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disorder;

impl<K: Ord + Clone, T> Default for Window<K, T> {
    fn default() -> Window<K, T> {
        Window::with_bytes_max(WINDOW_BYTES_MAX)
    }
}

impl<K: Ord + Clone, T> Window<K, T> {
    /// A window that holds about so many bytes.
    pub fn with_bytes_max(bytes_max: usize) -> Window<K, T> {
        Window { items: VecDeque::new(), bytes: 0, bytes_max, given: None }
    }

    /// Takes an item, which holds about so many bytes, and calls `on_item` with those whose turn has come.
    pub fn push(
        &mut self,
        key: K,
        item: T,
        bytes: usize,
        on_item: &mut dyn FnMut(T),
    ) -> Result<(), Disorder> {
        if self.given.as_ref().is_some_and(|given| key < *given) {
            return Err(Disorder);
        }
        let bytes = bytes + size_of::<(K, T, usize)>();
        // From the end: an item is mostly the latest.
        let behind = self.items.iter().rev().take_while(|(other, ..)| key < *other).count();
        self.items.insert(self.items.len() - behind, (key, item, bytes));
        self.bytes += bytes;
        while self.bytes_max < self.bytes {
            let Some((key, item, bytes)) = self.items.pop_front() else { break };
            self.bytes -= bytes;
            self.given = Some(key);
            on_item(item);
        }
        Ok(())
    }

    /// Calls `on_item` with what is left.
    pub fn finish(self, on_item: &mut dyn FnMut(T)) {
        self.items.into_iter().for_each(|(_, item, _)| on_item(item));
    }
}

/// A run while it is written: each item behind its length.
struct Run {
    out: BufWriter<File>,
    buffer: Vec<u8>,
}

impl Run {
    fn create(folder: Option<&Path>) -> io::Result<Run> {
        let file = match folder {
            Some(folder) => tempfile::tempfile_in(folder)?,
            None => tempfile::tempfile()?,
        };
        Ok(Run { out: BufWriter::new(file), buffer: Vec::new() })
    }

    fn write(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.buffer.clear();
        self.buffer = postcard::to_extend(item, std::mem::take(&mut self.buffer))
            .map_err(io::Error::other)?;
        let length = u32::try_from(self.buffer.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.buffer)
    }

    fn finish(self) -> io::Result<File> {
        let mut file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

fn merge<T: Ord + DeserializeOwned>(
    runs: Vec<File>,
    on_item: &mut dyn FnMut(T) -> io::Result<()>,
) -> io::Result<()> {
    let mut runs: Vec<BufReader<File>> = runs.into_iter().map(BufReader::new).collect();
    let mut heap = BinaryHeap::new();
    let mut buffer = Vec::new();
    for (number, run) in runs.iter_mut().enumerate() {
        heap.extend(read(run, &mut buffer)?.map(|item: T| Reverse((item, number))));
    }
    while let Some(Reverse((item, number))) = heap.pop() {
        on_item(item)?;
        heap.extend(read(&mut runs[number], &mut buffer)?.map(|item| Reverse((item, number))));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(
    run: &mut BufReader<File>,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match run.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    buffer.resize(u32::from_le_bytes(length) as usize, 0);
    run.read_exact(buffer)?;
    postcard::from_bytes(buffer).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_puts_near_neighbours_in_order_and_tells_what_it_cannot() {
        let run = |numbers: &[u32]| {
            let (mut window, mut given) = (Window::with_bytes_max(200), Vec::new());
            for number in numbers {
                window.push(*number, *number, 10, &mut |item| given.push(item))?;
            }
            window.finish(&mut |item| given.push(item));
            Ok(given)
        };
        let near: Vec<u32> = (0..100).map(|n| n ^ 1).collect();
        assert_eq!(run(&near), Ok((0..100).collect()));
        let far: Vec<u32> = (0..100).chain([0]).collect();
        assert_eq!(run(&far), Err(Disorder));
    }

    #[test]
    fn what_does_not_fit_is_sorted_all_the_same() {
        // From nothing spilled to more runs than may be open.
        for bytes_max in [usize::MAX, 10_000, 200] {
            let mut sorter = Sorter::with_bytes_max(bytes_max);
            let numbers: Vec<u64> = (0..3000).map(|n| n * 7919 % 3001).collect();
            for number in &numbers {
                sorter.push(*number, (*number, format!("text {number}")), 12).unwrap();
            }
            let mut sorted = Vec::new();
            sorter
                .finish(&mut |(number, text)| {
                    assert_eq!(text, format!("text {number}"));
                    sorted.push(number);
                    Ok(())
                })
                .unwrap();
            let mut expected = numbers;
            expected.sort_unstable();
            assert_eq!(sorted, expected);
        }
    }
}
