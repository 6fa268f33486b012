//! Sorting more than memory should hold: sorted runs in temporary files, merged at the end.
//!
//! postcard writes the runs: small, quick, and made for values that never leave the program. The files go with the sorter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::{SORT_BYTES_MAX, SORT_RUNS_MAX};

/// Collects items, and gives them back in their order.
pub struct Sorter<T> {
    items: Vec<T>,
    /// About how many bytes the items hold.
    bytes: usize,
    bytes_max: usize,
    runs: Vec<File>,
}

impl<T: Ord + Serialize + DeserializeOwned> Default for Sorter<T> {
    fn default() -> Sorter<T> {
        Sorter::with_bytes_max(SORT_BYTES_MAX)
    }
}

impl<T: Ord + Serialize + DeserializeOwned> Sorter<T> {
    /// A sorter that holds about so many bytes in memory.
    pub fn with_bytes_max(bytes_max: usize) -> Sorter<T> {
        Sorter { items: Vec::new(), bytes: 0, bytes_max, runs: Vec::new() }
    }

    /// Takes an item, which holds about so many bytes.
    pub fn push(&mut self, item: T, bytes: usize) -> io::Result<()> {
        self.items.push(item);
        self.bytes += bytes + size_of::<T>();
        if self.bytes_max < self.bytes { self.spill() } else { Ok(()) }
    }

    /// Calls `on_item` with each item in order. Items that are equal come in no particular order.
    pub fn finish(mut self, on_item: &mut dyn FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.items.sort_unstable();
        if self.runs.is_empty() {
            return self.items.into_iter().try_for_each(on_item);
        }
        self.spill()?;
        merge(std::mem::take(&mut self.runs), on_item)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.items.sort_unstable();
        let mut run = Run::create()?;
        for item in self.items.drain(..) {
            run.write(&item)?;
        }
        self.runs.push(run.finish()?);
        self.bytes = 0;
        if SORT_RUNS_MAX <= self.runs.len() {
            // Open files are few; one run of all takes their place.
            let mut run = Run::create()?;
            merge::<T>(std::mem::take(&mut self.runs), &mut |item| run.write(&item))?;
            self.runs.push(run.finish()?);
        }
        Ok(())
    }
}

/// A run while it is written: each item behind its length.
struct Run {
    out: BufWriter<File>,
    buffer: Vec<u8>,
}

impl Run {
    fn create() -> io::Result<Run> {
        Ok(Run { out: BufWriter::new(tempfile::tempfile()?), buffer: Vec::new() })
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
#[expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_sorted_all_the_same() {
        // From nothing spilled to more runs than may be open.
        for bytes_max in [usize::MAX, 10_000, 200] {
            let mut sorter = Sorter::with_bytes_max(bytes_max);
            let numbers: Vec<u64> = (0..3000).map(|n| n * 7919 % 3001).collect();
            for number in &numbers {
                sorter.push((*number, format!("text {number}")), 12).unwrap();
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
