//! A part: a Parquet file of events that an import wrote, read as events.
//!
//! Beside the fields of its events it holds each of them whole, so that it can be read like any file of events: the
//! columns [`ID`], [`INDEX`], [`SOURCE`] have the names that they have in Elasticsearch, those of [`OWN`] are of
//! the import alone.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::file::statistics::Statistics;

use super::kept::{Kept, Place};
use crate::input::open_file;
use crate::limits::PART_BATCH_ROWS;

/// The key in the metadata of a part's schema, and the version of what is said here.
pub(crate) const FORMAT_KEY: &str = "brokerwatch.events";
/// The version that is written, and the only one that is read.
pub(crate) const FORMAT: &str = "1";

/// The column with the ids of events.
pub(crate) const ID: &str = "_id";
/// The column with the indices that events say they are of.
pub(crate) const INDEX: &str = "_index";
/// The column with the documents of events.
pub(crate) const SOURCE: &str = "_source";
/// The column with the digests of the records that events were first read from, where these are not the documents.
pub(crate) const RECORD: &str = "_record";
/// The column with the times of events, which the rows are in the order of.
pub(crate) const NANOS: &str = "_nanos";

/// The column with the names of the sources that events were first read from.
pub(crate) const READER: &str = "_reader";

/// The columns that are of the import alone, and no fields.
pub(crate) const OWN: [&str; 3] = [RECORD, NANOS, READER];

/// Whether a file with this schema is a part; an error if it is one of a version that is not known.
pub(crate) fn is_part(schema: &Schema) -> Result<bool, String> {
    match schema.metadata().get(FORMAT_KEY).map(String::as_str) {
        None => Ok(false),
        Some(FORMAT) => Ok(true),
        Some(other) => Err(format!(
            "a part of an import in format {other}, which a newer version wrote; this one reads format {FORMAT}"
        )),
    }
}

/// A part that is open.
pub(crate) struct Part {
    /// Where it is.
    pub(crate) path: PathBuf,
    file: File,
    about: ArrowReaderMetadata,
    /// Its size, in bytes.
    pub(crate) bytes: u64,
}

impl Part {
    /// Opens a file; `None` if it is no part.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Part>> {
        let mut file = open_file(path)?;
        let mut magic = [0; 4];
        if !file.metadata()?.is_file() || file.read_exact(&mut magic).is_err() || magic != *b"PAR1"
        {
            return Ok(None);
        }
        let options = ArrowReaderOptions::new();
        let about = ArrowReaderMetadata::load(&file, options).map_err(io::Error::other)?;
        if !is_part(about.schema()).map_err(io::Error::other)? {
            return Ok(None);
        }
        let bytes = file.metadata()?.len();
        Ok(Some(Part { path: path.to_owned(), file, about, bytes }))
    }

    /// How many events it has.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.about.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    /// Its events from the first. Without `whole` they have no documents.
    pub(crate) fn read(&self, whole: bool) -> io::Result<PartReader> {
        let wanted: &[&str] =
            if whole { &[ID, INDEX, NANOS, READER, RECORD, SOURCE] } else { &[ID, INDEX, NANOS] };
        let schema = self.about.parquet_schema();
        let roots = self.about.schema().fields().iter().enumerate();
        let roots = roots.filter(|(_, field)| wanted.contains(&field.name().as_str()));
        let columns = ProjectionMask::roots(schema, roots.map(|(at, _)| at));
        Ok(PartReader {
            file: self.file.try_clone()?,
            about: self.about.clone(),
            columns,
            group: 0,
            batches: None,
            batch: None,
            read_bytes: None,
        })
    }
}

/// The events of a part, in their order.
pub(crate) struct PartReader {
    file: File,
    about: ArrowReaderMetadata,
    columns: ProjectionMask,
    /// The next group of rows.
    group: usize,
    batches: Option<ParquetRecordBatchReader>,
    batch: Option<Batch>,
    read_bytes: Option<Arc<AtomicU64>>,
}

impl PartReader {
    /// Counts the bytes that are read.
    pub(crate) fn counting(mut self, read_bytes: &Arc<AtomicU64>) -> PartReader {
        self.read_bytes = Some(Arc::clone(read_bytes));
        self
    }

    /// Passes over groups of rows in which all is before a place.
    pub(crate) fn skip_before(&mut self, place: Place) {
        let Place::At(nanos) = place else { return };
        // A group that is open was not before a place that was asked for earlier, and may be now.
        while self.group <= self.about.metadata().num_row_groups() {
            let current = self.group - usize::from(self.batches.is_some());
            if self.latest(current).is_none_or(|latest| nanos <= latest) {
                return;
            }
            (self.batches, self.batch) = (None, None);
            self.group = current + 1;
        }
    }

    /// The latest time in a group of rows.
    fn latest(&self, group: usize) -> Option<i64> {
        let groups = self.about.metadata().row_groups();
        let columns = groups.get(group)?.columns();
        let nanos = columns.iter().find(|column| column.column_path().string() == NANOS)?;
        match nanos.statistics()? {
            Statistics::Int64(statistics) => statistics.max_opt().copied(),
            _ => None,
        }
    }

    /// The next batch of rows that has any.
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        loop {
            if let Some(batches) = &mut self.batches {
                if let Some(batch) = batches.next() {
                    return Batch::of(&batch.map_err(io::Error::other)?).map(Some);
                }
                self.batches = None;
            }
            if self.about.metadata().num_row_groups() <= self.group {
                return Ok(None);
            }
            let file = self.file.try_clone()?;
            let builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.about.clone())
                    .with_row_groups(vec![self.group])
                    .with_projection(self.columns.clone())
                    .with_batch_size(PART_BATCH_ROWS);
            if let Some(read) = &self.read_bytes {
                let bytes = self.about.metadata().row_group(self.group).compressed_size();
                read.fetch_add(u64::try_from(bytes).unwrap_or_default(), Ordering::Relaxed);
            }
            self.group += 1;
            self.batches = Some(builder.build().map_err(io::Error::other)?);
        }
    }
}

impl Iterator for PartReader {
    type Item = io::Result<Kept>;

    fn next(&mut self) -> Option<io::Result<Kept>> {
        loop {
            if let Some(batch) = &mut self.batch
                && let Some(kept) = batch.next()
            {
                return Some(Ok(kept));
            }
            match self.next_batch() {
                Ok(Some(batch)) => self.batch = Some(batch),
                Ok(None) => return None,
                Err(error) => {
                    // Nothing comes after an error.
                    self.group = usize::MAX - 1;
                    (self.batches, self.batch) = (None, None);
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Some rows of a part.
struct Batch {
    ids: ArrayRef,
    nanos: ArrayRef,
    indices: ArrayRef,
    records: Option<ArrayRef>,
    readers: Option<ArrayRef>,
    documents: Option<ArrayRef>,
    row: usize,
}

impl Batch {
    fn of(batch: &RecordBatch) -> io::Result<Batch> {
        let column = |name: &str, ty: &DataType| match batch.column_by_name(name) {
            None => Ok(None),
            Some(array) => cast(array, ty).map(Some).map_err(io::Error::other),
        };
        let needed = |name: &str, ty: &DataType| {
            column(name, ty)?
                .ok_or_else(|| io::Error::other(format!("the column {name} is missing")))
        };
        Ok(Batch {
            ids: needed(ID, &DataType::Utf8)?,
            nanos: needed(NANOS, &DataType::Int64)?,
            indices: needed(INDEX, &DataType::Utf8)?,
            records: column(RECORD, &DataType::FixedSizeBinary(16))?,
            readers: column(READER, &DataType::Utf8)?,
            documents: column(SOURCE, &DataType::Utf8)?,
            row: 0,
        })
    }

    fn next(&mut self) -> Option<Kept> {
        let row = self.row;
        if self.ids.len() <= row {
            return None;
        }
        self.row += 1;
        let text = |array: &ArrayRef| {
            array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned())
        };
        let record = self.records.as_ref().filter(|array| array.is_valid(row));
        Some(Kept {
            nanos: self
                .nanos
                .is_valid(row)
                .then(|| self.nanos.as_primitive::<Int64Type>().value(row)),
            id: text(&self.ids).unwrap_or_default(),
            index: text(&self.indices),
            record: record
                .and_then(|array| array.as_fixed_size_binary().value(row).try_into().ok()),
            reader: self.readers.as_ref().and_then(text),
            document: self.documents.as_ref().and_then(text).unwrap_or_default(),
        })
    }
}
