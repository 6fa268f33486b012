//! Kept events as a part: the fields that occur in them as columns, typed as ES|QL types them, and the events whole.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use brokerwatch_esql::planner::{Options, OutputColumn};
use brokerwatch_esql::types::DataType;
use datafusion::arrow::array::{
    ArrayRef, FixedSizeBinaryBuilder, Int64Builder, RecordBatch, StringViewBuilder,
};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};

use super::journal::{New, part_name};
use super::kept::{SpoolReader, Spooled};
use super::part::{FORMAT, FORMAT_KEY, ID, INDEX, NANOS, READER, RECORD, SOURCE};
use super::temporary;
use crate::limits::{BLOOM_VALUES, GROUP_BYTES_MAX, GROUP_ROWS_MAX};
use crate::parquet::column_field;
use crate::session::Rows;
use crate::tables::{Source, TablesOptions};
use crate::{Input, Session, SessionOptions};

/// The fields whose single values searches name: a group of rows says, without being read, which of their values it does
/// not have. These are what detection rules compare with values.
const SEARCHED: &str = include_str!("searched.txt");

/// Writes a part with these events, which are in their order. Gives how many names of fields are no columns, too.
pub(super) fn write_part(
    spooled: &Arc<Spooled>,
    staging: &Path,
    threads: usize,
) -> Result<(New, u64), String> {
    let failed = |error: io::Error| error.to_string();
    let source = Source { inputs: vec![Input::spooled(spooled)], ..Source::default() };
    let tables = TablesOptions { sources: vec![source], threads, ..TablesOptions::default() };
    let session = Session::new(SessionOptions { tables, ..SessionOptions::default() })?;
    let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
    let mut writer = PartWriter { spooled, staging, open: None };
    session.each("FROM events METADATA _id", &options, &mut writer)?;
    let Some(open) = writer.open else { return Err("there are no events to write".to_owned()) };
    if open.rows != spooled.rows {
        return Err(format!("{} of {} events could not be written", open.rows, spooled.rows));
    }
    let narrowed = session.columns_left_out();
    let hashed = open.out.into_inner().map_err(|error| error.to_string())?;
    hashed.out.sync_all().map_err(failed)?;
    let name = part_name(hashed.hash.finish());
    Ok((New { file: open.file, name }, narrowed))
}

/// Takes the rows of events and writes them.
struct PartWriter<'a> {
    spooled: &'a Spooled,
    staging: &'a Path,
    open: Option<Open>,
}

struct Open {
    file: tempfile::NamedTempFile,
    out: ArrowWriter<Hashed>,
    schema: SchemaRef,
    /// The columns of the rows that are fields, and the one with the ids.
    fields: Vec<usize>,
    id: usize,
    /// The same events, for what is no field.
    events: SpoolReader,
    rows: u64,
}

impl Rows for PartWriter<'_> {
    fn begin(&mut self, columns: &[OutputColumn]) -> Result<(), String> {
        let kept = |column: &OutputColumn| {
            column.name != ID
                && !super::part::OWN.contains(&column.name.as_str())
                && !matches!(column.ty, DataType::Null | DataType::Unsupported)
        };
        let numbers = 0..columns.len();
        let fields: Vec<usize> = numbers.filter(|at| kept(&columns[*at])).collect();
        let id = columns.iter().position(|column| column.name == ID);
        let id = id.ok_or("the events have no ids")?;
        let own = [
            column_field(ID, DataType::Keyword, false),
            column_field(INDEX, DataType::Keyword, false),
            column_field(SOURCE, DataType::Source, false),
            Field::new(RECORD, ArrowType::FixedSizeBinary(16), true),
            Field::new(NANOS, ArrowType::Int64, true),
            column_field(READER, DataType::Keyword, false),
        ];
        let of = |at: &usize| {
            let column = &columns[*at];
            column_field(&column.name, column.ty, column.multi)
        };
        let all: Vec<Field> = fields.iter().map(of).chain(own).collect();
        let said = [(FORMAT_KEY.to_owned(), FORMAT.to_owned())];
        let schema = Arc::new(Schema::new_with_metadata(all, said.into()));
        let failed = |error: io::Error| error.to_string();
        let file = temporary(self.staging).map_err(failed)?;
        let out =
            Hashed { out: file.as_file().try_clone().map_err(failed)?, hash: Digest::default() };
        let out = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties()))
            .map_err(|error| error.to_string())?;
        let events = self.spooled.read().map_err(failed)?;
        self.open = Some(Open { file, out, schema, fields, id, events, rows: 0 });
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let open = self.open.as_mut().ok_or("rows came before their columns")?;
        open.write(batch)
    }
}

impl Open {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let mut arrays: Vec<ArrayRef> =
            self.fields.iter().map(|at| Arc::clone(batch.column(*at))).collect();
        arrays.extend(self.own(batch.num_rows(), batch.column(self.id))?);
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        self.out.write(&rows.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// The columns of the next rows that are no fields. `ids` says that the rows are of the same events.
    fn own(&mut self, rows: usize, ids: &ArrayRef) -> Result<[ArrayRef; 6], String> {
        let ids = datafusion::arrow::compute::cast(ids, &ArrowType::Utf8);
        let ids = ids.map_err(|error| error.to_string())?;
        let ids = datafusion::arrow::array::AsArray::as_string::<i32>(&ids);
        let [mut id, mut index, mut source, mut reader] =
            std::array::from_fn(|_| StringViewBuilder::new());
        let mut record = FixedSizeBinaryBuilder::new(16);
        let mut nanos = Int64Builder::new();
        for row in 0..rows {
            let kept = self.events.next().ok_or("there are more rows than events")?;
            let kept = kept.map_err(|error| error.to_string())?;
            if ids.value(row) != kept.id {
                return Err(format!("the event {} could not be read again", kept.id));
            }
            id.append_value(&kept.id);
            index.append_option(kept.index.as_deref());
            source.append_value(&kept.document);
            match kept.record {
                Some(digest) => record.append_value(digest).map_err(|error| error.to_string())?,
                None => record.append_null(),
            }
            nanos.append_option(kept.nanos);
            reader.append_option(kept.reader.as_deref());
        }
        Ok([
            Arc::new(id.finish()),
            Arc::new(index.finish()),
            Arc::new(source.finish()),
            Arc::new(record.finish()),
            Arc::new(nanos.finish()),
            Arc::new(reader.finish()),
        ])
    }
}

fn properties() -> WriterProperties {
    let column = |name: &str| ColumnPath::new(vec![name.to_owned()]);
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_statistics_enabled(column(SOURCE), EnabledStatistics::None)
        .set_column_statistics_enabled(column(RECORD), EnabledStatistics::None);
    for name in [ID, SOURCE, RECORD] {
        properties = properties.set_column_dictionary_enabled(column(name), false);
    }
    for name in searched().chain([ID]) {
        properties = properties
            .set_column_bloom_filter_enabled(column(name), true)
            .set_column_bloom_filter_max_ndv(column(name), BLOOM_VALUES);
    }
    properties.build()
}

/// The names in the list of fields that searches name.
fn searched() -> impl Iterator<Item = &'static str> {
    SEARCHED.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// What the bytes of a part give, which is what it is called by.
#[derive(Default)]
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> u128 {
        let digest = self.0.finalize();
        digest.iter().take(16).fold(0, |all, byte| all << 8 | u128::from(*byte))
    }
}

/// Hashes what is written.
struct Hashed {
    out: File,
    hash: Digest,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
