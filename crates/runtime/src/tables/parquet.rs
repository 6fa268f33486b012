//! Parquet files as rows of a table. DataFusion reads them and leaves out what their statistics rule out; here their
//! columns become those of the table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use brokerwatch_esql::block::{Block, Builder};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, new_null_array};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::Expr;
use datafusion::object_store::path::Path as StorePath;
use datafusion::parquet::arrow::RowNumber;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use serde_json::{Map, Value as Json, json};

use super::Shared;
use super::convert::{Leaf, TYPE_KEY, leaves, text_of};
use super::metadata::{self, Meta};
use super::parquet_rows::{Ahead, Extent, Pieces, RowsExec};
use super::pruning::{self, Holds, read_as};
use super::times;
use crate::import::part;
use crate::input::open_file;
use crate::limits::{PIECE_ROWS_MIN, PIECES_MAX};

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";

/// A Parquet file.
#[derive(Debug, Clone)]
pub(super) struct ParquetFile {
    path: PathBuf,
    /// The path as it was given.
    name: String,
    size_bytes: u64,
    modified: Option<SystemTime>,
    rows: u64,
    /// Where its pieces begin, but for the first.
    cuts: Arc<[i64]>,
    /// About how many bytes a row takes in each field, unpacked.
    widths: Arc<[u64]>,
    schema: SchemaRef,
    /// Its columns, and the metadata fields that it holds.
    pub(super) leaves: Arc<[Leaf]>,
    /// The least and the greatest `@timestamp` of its rows, if its statistics say so.
    pub(super) times: Option<(ScalarValue, ScalarValue)>,
    /// Whether it is a part of an import, which holds its rows as events, too.
    pub(super) is_part: bool,
}

/// A Parquet file; `None` if it is none. The error says why it cannot be read.
pub(super) fn open(path: &Path) -> Option<Result<ParquetFile, String>> {
    let mut file = open_file(path).ok()?;
    let (mut first, mut last) = ([0; 4], [0; 4]);
    file.read_exact(&mut first).ok()?;
    if first != *MAGIC {
        return None;
    }
    file.seek(SeekFrom::End(-4)).ok()?;
    file.read_exact(&mut last).ok()?;
    if last != *MAGIC {
        return Some(Err("a Parquet file that was cut off".to_owned()));
    }
    let size_bytes = file.stream_position().ok()?;
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
    let reader = match ParquetRecordBatchReaderBuilder::try_new(file) {
        Ok(reader) => reader,
        Err(error) => return Some(Err(error.to_string())),
    };
    let rows = rows_of(reader.metadata());
    let cuts = cuts(&groups_of(reader.metadata()), rows).into();
    let widths = widths(reader.metadata(), rows);
    let schema = Arc::clone(reader.schema());
    let times = times::of(reader.metadata(), reader.parquet_schema(), &schema);
    let is_part = match part::is_part(&schema) {
        Ok(is_part) => is_part,
        Err(why) => return Some(Err(why)),
    };
    let mut leaves = leaves_of(&schema).to_vec();
    if is_part {
        leaves.retain(|leaf| !part::OWN.contains(&leaf.name.as_str()));
    }
    let leaves = leaves.into();
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = path.display().to_string();
    Some(Ok(ParquetFile {
        path,
        name,
        size_bytes,
        modified,
        rows,
        cuts,
        widths,
        schema,
        leaves,
        times,
        is_part,
    }))
}

/// A number of metadata, which whoever wrote the file may have made up.
fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn rows_of(metadata: &ParquetMetaData) -> u64 {
    positive(metadata.file_metadata().num_rows())
}

/// About how many bytes a row takes in each field, unpacked.
fn widths(metadata: &ParquetMetaData, rows: u64) -> Arc<[u64]> {
    let schema = metadata.file_metadata().schema_descr();
    let mut bytes = vec![0_u64; schema.root_schema().get_fields().len()];
    for group in metadata.row_groups() {
        for (leaf, column) in group.columns().iter().enumerate() {
            if let Some(bytes) = bytes.get_mut(schema.get_column_root_idx(leaf)) {
                *bytes = bytes.saturating_add(positive(column.uncompressed_size()));
            }
        }
    }
    bytes.into_iter().map(|bytes| bytes.div_ceil(rows.max(1))).collect()
}

/// Where the row groups of a file begin, as DataFusion looks for them in a range of bytes, and how many rows they have.
fn groups_of(metadata: &ParquetMetaData) -> Vec<(i64, u64)> {
    let groups = metadata.row_groups().iter().filter_map(|group| {
        let first = group.columns().first()?;
        let begin = first.dictionary_page_offset().unwrap_or_else(|| first.data_page_offset());
        Some((begin, positive(group.num_rows())))
    });
    groups.collect()
}

/// Where pieces of a file begin that have enough rows to be worth a stream of their own, but for the first. None where the
/// groups do not lie one behind the other: such a file is one piece.
fn cuts(groups: &[(i64, u64)], rows: u64) -> Vec<i64> {
    let lie_in_order = groups.first().is_some_and(|(begin, _)| 0 <= *begin)
        && groups.is_sorted_by(|(a, _), (b, _)| a < b);
    if !lie_in_order {
        return Vec::new();
    }
    let least = PIECE_ROWS_MIN.max(rows / PIECES_MAX);
    let (mut cuts, mut waiting) = (Vec::new(), 0_u64);
    for (begin, rows) in groups {
        // Numbers that were made up make no more pieces.
        if least <= waiting && (cuts.len() as u64) < PIECES_MAX {
            cuts.push(*begin);
            waiting = 0;
        }
        waiting = waiting.saturating_add(*rows);
    }
    cuts
}

/// The columns of a file. Its metadata may say which types they have, as an object by name.
pub(super) fn leaves_of(schema: &Schema) -> Arc<[Leaf]> {
    let said = schema.metadata().get(TYPE_KEY);
    let said = said.and_then(|text| serde_json::from_str::<BTreeMap<String, String>>(text).ok());
    let said = said.unwrap_or_default();
    let types = |name: &str| {
        said.get(name)
            .map(|ty| DataType::from_mapping(ty))
            .filter(|ty| *ty != DataType::Unsupported)
    };
    leaves(schema.fields(), &types).into()
}

/// The Parquet files of a source, as rows of a table.
#[derive(Debug)]
pub(super) struct ParquetFiles {
    pub(super) shared: Arc<Shared>,
    /// The source, in the order of the options.
    pub(super) source_number: usize,
    pub(super) source: Option<Arc<str>>,
    pub(super) files: Vec<ParquetFile>,
    /// The columns of the table, in the order of its schema.
    pub(super) columns: Arc<[(String, DataType, bool)]>,
    /// Behind the columns.
    pub(super) metadata: Arc<[Meta]>,
}

/// What a column of the table is made of.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// A column of the files, in a field of what is read.
    Of { leaf: Leaf, field: usize, ty: DataType, multi: bool },
    /// The same for every row; nothing if there is no value.
    Constant { ty: DataType, multi: bool, value: Option<Constant> },
    /// An id, from the number of the row in the field of what is read.
    Id { file: String, row_number: usize },
    /// The row as a JSON document, or how long that is.
    Document { leaves: Vec<(Leaf, usize)>, size_alone: bool },
}

#[derive(Debug, Clone)]
pub(super) enum Constant {
    Text(String),
    Long(i64),
    Double(f64),
}

/// The name that the number of a row has while it is read.
const ROW_NUMBER: &str = "\0row";

impl ParquetFiles {
    /// The plans for some fields of the table, one after the other.
    pub(super) fn scan(
        &self,
        state: &dyn Session,
        fields: &[usize],
        (schema, limit): (&SchemaRef, Option<usize>),
        filters: &[Expr],
    ) -> Result<Vec<Arc<dyn ExecutionPlan>>> {
        let named = |at: &usize| match self.metadata.get(at.wrapping_sub(self.columns.len())) {
            Some(Meta::Id) => true,
            Some(Meta::Index) => self.source.is_none(),
            _ => false,
        };
        let file_by_file = fields.iter().any(named);
        let groups = self.files.chunk_by(|a, b| !file_by_file && a.schema == b.schema);
        let mut plans = Vec::new();
        for (number, files) in groups.enumerate() {
            plans.extend(self.group(state, fields, (schema, limit), filters, (number, files))?);
        }
        let opened: u64 = plans.iter().map(|plan| plan.extent.files).sum();
        if let Some(first) = plans.first_mut() {
            first.extent.passed_over = self.files.len() as u64 - opened;
        }
        Ok(plans.into_iter().map(|plan| Arc::new(plan) as Arc<dyn ExecutionPlan>).collect())
    }

    /// The plan for files that have the same schema; none if no row of theirs can pass the filters.
    fn group(
        &self,
        state: &dyn Session,
        fields: &[usize],
        (schema, limit): (&SchemaRef, Option<usize>),
        filters: &[Expr],
        (number, files): (usize, &[ParquetFile]),
    ) -> Result<Option<RowsExec>> {
        let Some(first) = files.first() else { return internal_err!("a group without files") };
        let (made, roots, has_row_number) = self.made(fields, first);
        let file_schema = self.file_schema(first);
        let predicate = pruning::predicate(state, filters, &file_schema, &|name| {
            let (_, ty, multi) = self.columns.iter().find(|(known, ..)| known == name)?;
            let leaf = first.leaves.iter().find(|leaf| leaf.name == name)?;
            Some(if leaf.ty == *ty && !multi { Holds::Values(*ty) } else { Holds::Something })
                .filter(|_| leaf.is_plain())
        })?;
        let files = match &predicate {
            Some(predicate) => times::within(files, predicate, &file_schema)?,
            None => files.iter().collect(),
        };
        if files.is_empty() {
            return Ok(None);
        }
        let source = source(state, &file_schema, predicate, &files, has_row_number)?;
        let widths = roots.iter().filter_map(|root| first.widths.get(*root));
        let row_bytes = widths.fold(0, |bytes: u64, width| bytes.saturating_add(*width));
        // Whoever wants a few rows gets them from one stream.
        let threads = if limit.is_some() { 1 } else { self.shared.threads };
        let ahead = Ahead::of(threads, row_bytes, roots.len());
        let mut projection: Vec<usize> = roots;
        projection.extend(has_row_number.then(|| file_schema.fields().len()));
        let (groups, names) = pieces_of(&files)?;
        let place = ObjectStoreUrl::local_filesystem();
        let config = FileScanConfigBuilder::new(place, Arc::new(source))
            .with_file_groups(groups)
            // Without it, a piece may read what another has not come to yet.
            .with_preserve_order(true)
            .with_projection_indices(Some(projection))?
            .with_limit(limit)
            .build();
        let rows = files.iter().fold(0, |rows: u64, file| rows.saturating_add(file.rows));
        let part = (self.source_number, number + 1);
        let extent = Extent { part, files: files.len() as u64, passed_over: 0, rows };
        let input = Pieces { plan: DataSourceExec::from_data_source(config), files: names.into() };
        let shared = Arc::clone(&self.shared);
        Ok(Some(RowsExec::new(input, (schema, made), extent, ahead, shared)))
    }

    /// How fields of the table are made of files, which of their fields are read for that, and whether rows are numbered.
    fn made(&self, fields: &[usize], file: &ParquetFile) -> (Vec<Made>, Vec<usize>, bool) {
        let leaf = |name: &str| file.leaves.iter().find(|leaf| leaf.name == name);
        let is_document = |leaf: &&Leaf| Meta::of(&leaf.name).is_none();
        let metas = || fields.iter().filter_map(|at| self.meta(*at));
        let document = metas().any(|meta| {
            matches!(meta, Meta::Source | Meta::Size) && leaf(Meta::Source.name()).is_none()
        });
        let mut roots = BTreeSet::new();
        for at in fields {
            let name = match self.meta(*at) {
                Some(meta) => meta.name(),
                None => &self.columns[*at].0,
            };
            roots.extend(leaf(name).map(|leaf| leaf.root));
        }
        if metas().any(|meta| meta == Meta::Size) {
            roots.extend(leaf(Meta::Source.name()).map(|leaf| leaf.root));
        }
        if document {
            roots.extend(file.leaves.iter().filter(is_document).map(|leaf| leaf.root));
        }
        let roots: Vec<usize> = roots.into_iter().collect();
        let place = |leaf: &Leaf| roots.binary_search(&leaf.root).unwrap_or_default();
        let of =
            |leaf: &Leaf, ty, multi| Made::Of { leaf: leaf.clone(), field: place(leaf), ty, multi };
        let mut has_row_number = false;
        let made = fields.iter().map(|at| match self.meta(*at) {
            None => {
                let (name, ty, multi) = &self.columns[*at];
                match leaf(name) {
                    Some(leaf) => of(leaf, *ty, *multi),
                    None => Made::Constant { ty: *ty, multi: *multi, value: None },
                }
            }
            Some(meta) => match (meta, leaf(meta.name())) {
                (Meta::Size, _) | (Meta::Source, None) => {
                    let whole = leaf(Meta::Source.name());
                    let leaves = match whole {
                        Some(whole) => vec![(whole.clone(), place(whole))],
                        None => {
                            let leaves = file.leaves.iter().filter(is_document);
                            leaves.map(|leaf| (leaf.clone(), place(leaf))).collect()
                        }
                    };
                    Made::Document { leaves, size_alone: meta == Meta::Size }
                }
                (_, Some(leaf)) => of(leaf, meta.ty(), meta.multi()),
                (Meta::Id, None) => {
                    has_row_number = true;
                    Made::Id { file: file.name.clone(), row_number: roots.len() }
                }
                (_, None) => self.same_everywhere(meta, file),
            },
        });
        let made = made.collect();
        (made, roots, has_row_number)
    }

    fn meta(&self, field: usize) -> Option<Meta> {
        self.metadata.get(field.checked_sub(self.columns.len())?).copied()
    }

    fn same_everywhere(&self, meta: Meta, file: &ParquetFile) -> Made {
        let value = match meta {
            Meta::Index => {
                let stem = || metadata::stem(&file.name);
                let name = self.source.as_deref().unwrap_or_else(stem);
                Some(Constant::Text(name.to_owned()))
            }
            Meta::Version => Some(Constant::Long(1)),
            Meta::Score => Some(Constant::Double(0.0)),
            Meta::IndexMode => Some(Constant::Text("standard".to_owned())),
            Meta::Id | Meta::Source | Meta::Size | Meta::Ignored => None,
        };
        Made::Constant { ty: meta.ty(), multi: meta.multi(), value }
    }

    /// The fields of a file as they are to be read: in the Arrow types of their values, so that filters go with those that
    /// the table has as they are, and equal texts of a dictionary stay one text. Moments without a zone are left without one: setting
    /// it costs nothing once they are read, and much before.
    fn file_schema(&self, file: &ParquetFile) -> SchemaRef {
        let mut fields: Vec<Field> =
            file.schema.fields().iter().map(|field| field.as_ref().clone()).collect();
        for leaf in file.leaves.iter().filter(|leaf| leaf.is_plain()) {
            let is_known = !matches!(leaf.ty, DataType::Null | DataType::Unsupported);
            if is_known && self.columns.iter().any(|(name, ..)| *name == leaf.name) {
                let field = &mut fields[leaf.root];
                *field = Field::new(field.name(), read_as(field.data_type(), leaf.ty), true);
            }
        }
        Arc::new(Schema::new(fields))
    }
}

/// What reads files of a schema, with the number of each row behind their fields if that is asked for.
fn source(
    state: &dyn Session,
    schema: &SchemaRef,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    files: &[&ParquetFile],
    has_row_number: bool,
) -> Result<ParquetSource> {
    let mut table_schema = TableSchema::builder(Arc::clone(schema));
    if has_row_number {
        let field = Field::new(ROW_NUMBER, ArrowType::Int64, false);
        table_schema =
            table_schema.with_virtual_columns(vec![Arc::new(field.with_extension_type(RowNumber))]);
    }
    let environment = state.runtime_env();
    // A file that is read in pieces tells its metadata once.
    let files_open = CachedParquetFileReaderFactory::new(
        environment.object_store(ObjectStoreUrl::local_filesystem())?,
        environment.cache_manager.get_file_metadata_cache(),
    );
    let source = ParquetSource::new(table_schema.build())
        .with_parquet_file_reader_factory(Arc::new(files_open));
    let Some(predicate) = predicate else { return Ok(source) };
    let early = pruning::lets_few_through(&predicate, schema, &files[files.len() / 2].path);
    Ok(source.with_predicate(predicate).with_pushdown_filters(early).with_reorder_filters(early))
}

/// The pieces that files are read in, each with the name of its file: whole files, or the row groups that begin in a range
/// of their bytes.
fn pieces_of(files: &[&ParquetFile]) -> Result<(Vec<FileGroup>, Vec<Arc<str>>)> {
    let (mut groups, mut names) = (Vec::new(), Vec::new());
    for file in files {
        let whole = partitioned(file)?;
        names.extend(std::iter::repeat_n(Arc::from(file.name.as_str()), 1 + file.cuts.len()));
        if file.cuts.is_empty() {
            groups.push(FileGroup::new(vec![whole]));
            continue;
        }
        let end = i64::try_from(file.size_bytes).unwrap_or(i64::MAX);
        let begins = std::iter::once(0).chain(file.cuts.iter().copied());
        let ends = file.cuts.iter().copied().chain([end]);
        groups.extend(
            begins
                .zip(ends)
                .map(|(begin, end)| FileGroup::new(vec![whole.clone().with_range(begin, end)])),
        );
    }
    Ok((groups, names))
}

fn partitioned(file: &ParquetFile) -> Result<PartitionedFile> {
    let mut read = PartitionedFile::new(String::new(), file.size_bytes);
    read.object_meta.location = StorePath::from_absolute_path(&file.path)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    // What is remembered of a file holds for as long as it is the same.
    if let Some(moment) = file.modified {
        read.object_meta.last_modified = moment.into();
    }
    Ok(read)
}

impl Made {
    /// The column for the rows of a batch of what is read. Counts values that its type cannot hold.
    pub(super) fn array(
        &self,
        batch: &RecordBatch,
        source_order: bool,
        ill_typed: &mut u64,
    ) -> Result<ArrayRef> {
        let rows = batch.num_rows();
        match self {
            Made::Of { leaf, field, ty, multi } => {
                leaf.read(batch.column(*field), (*ty, *multi), source_order, ill_typed)
            }
            Made::Constant { ty, multi, value: None } => {
                Ok(new_null_array(&ty.arrow_column(*multi), rows))
            }
            Made::Constant { ty, multi, value: Some(value) } => {
                let value = match value {
                    Constant::Text(text) => Value::Text(text),
                    Constant::Long(number) => Value::Long(*number),
                    Constant::Double(number) => Value::Double(*number),
                };
                let mut builder = Builder::new(*ty, *multi, rows);
                (0..rows).for_each(|_| builder.push(&[value]));
                builder.finish()
            }
            Made::Id { file, row_number } => {
                let Some(numbers) = batch.column(*row_number).as_any().downcast_ref::<Int64Array>()
                else {
                    return internal_err!("rows have no numbers");
                };
                let mut builder = Builder::new(DataType::Keyword, false, rows);
                for number in numbers.values() {
                    let id = metadata::id("", file, number.unsigned_abs(), 0);
                    builder.push(&[Value::Text(&id)]);
                }
                builder.finish()
            }
            Made::Document { leaves, size_alone } => documents(leaves, *size_alone, batch),
        }
    }
}

/// The rows of a batch as JSON documents, or how long these are.
fn documents(leaves: &[(Leaf, usize)], size_alone: bool, batch: &RecordBatch) -> Result<ArrayRef> {
    let usable = leaves.iter().filter(|(leaf, _)| leaf.ty != DataType::Unsupported);
    let mut columns = Vec::new();
    for (leaf, field) in usable {
        let array = leaf.read(batch.column(*field), (leaf.ty, leaf.multi), false, &mut 0)?;
        columns.push((leaf, array));
    }
    let is_whole = |name: &str| name == Meta::Source.name();
    let blocks = columns.iter().map(|(leaf, array)| Ok((*leaf, Block::new(array, leaf.ty)?)));
    let blocks: Vec<(&Leaf, Block<'_>)> = blocks.collect::<Result<_>>()?;
    let ty = if size_alone { DataType::Integer } else { DataType::Source };
    let mut builder = Builder::new(ty, false, batch.num_rows());
    let mut values = Vec::new();
    for row in 0..batch.num_rows() {
        let mut document = Map::new();
        let mut whole = None;
        for (leaf, block) in &blocks {
            values.clear();
            block.read(row, &mut values);
            if is_whole(&leaf.name) {
                whole = values.first().and_then(Value::as_str).map(str::to_owned);
                continue;
            }
            let mut json: Vec<Json> = values.iter().map(|value| json_of(*value)).collect();
            match json.len() {
                0 => {}
                1 => put(&mut document, &leaf.name, json.remove(0)),
                _ => put(&mut document, &leaf.name, Json::Array(json)),
            }
        }
        let text = whole.unwrap_or_else(|| Json::Object(document).to_string());
        let size = i32::try_from(text.len()).unwrap_or(i32::MAX);
        builder.push(&[if size_alone { Value::Integer(size) } else { Value::Text(&text) }]);
    }
    builder.finish()
}

fn json_of(value: Value<'_>) -> Json {
    match value {
        Value::Boolean(flag) => json!(flag),
        Value::Integer(number) => json!(number),
        Value::Long(number) => json!(number),
        Value::Unsigned(number) => json!(number),
        Value::Double(number) => json!(number),
        other => json!(text_of(other)),
    }
}

/// Puts a value at a dotted path. Where a value stands in the way of an object, the whole name becomes a key.
fn put(document: &mut Map<String, Json>, name: &str, value: Json) {
    if let Some((first, rest)) = name.split_once('.')
        && let Json::Object(inner) = document.entry(first).or_insert_with(|| json!({}))
    {
        put(inner, rest, value);
    } else {
        document.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: u64 = 50_000;

    /// Groups of so many rows, one behind the other.
    fn groups(rows: impl IntoIterator<Item = u64>) -> Vec<(i64, u64)> {
        rows.into_iter().zip(1..).map(|(rows, at)| (at * 1000, rows)).collect()
    }

    #[test]
    fn files_are_cut_where_enough_rows_lie_before() {
        assert_eq!(cuts(&groups([GROUP; 7]), 7 * GROUP), [4000, 7000]);
        assert_eq!(cuts(&groups([GROUP; 3]), 3 * GROUP), [0; 0]);
        assert_eq!(cuts(&groups([]), 0), [0; 0]);
    }

    #[test]
    fn what_a_file_makes_up_makes_few_pieces_and_loses_none() {
        // No group says how many rows it has, or each says as many as there can be.
        assert_eq!(cuts(&groups([0; 1000]), 0), [0; 0]);
        let many = cuts(&groups(vec![u64::MAX; 100_000]), 1);
        assert_eq!(many.len() as u64, PIECES_MAX);
        // Places before the file, or not in order: the file is read as a whole.
        assert_eq!(cuts(&[(-5, u64::MAX), (10, u64::MAX)], 1), [0; 0]);
        assert_eq!(cuts(&[(10, u64::MAX), (5, u64::MAX), (20, u64::MAX)], 1), [0; 0]);
    }
}
