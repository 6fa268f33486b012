//! Parquet files as rows of a table. DataFusion reads them and leaves out what their statistics rule out; here their
//! columns become those of the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brokerwatch_esql::block::{Block, Builder};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use datafusion::arrow::array::{
    Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, new_null_array,
};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::object_store::path::Path as StorePath;
use datafusion::parquet::arrow::RowNumber;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::StreamExt;
use serde_json::{Map, Value as Json, json};

use super::Shared;
use super::convert::{Leaf, TYPE_KEY, leaves, text_of, without_zone};
use super::metadata::{self, Meta};
use super::report::SourceReport;
use super::scan::one_partition;
use crate::import::part;
use crate::input::open_file;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";

/// A Parquet file.
#[derive(Debug, Clone)]
pub(super) struct ParquetFile {
    path: PathBuf,
    /// The path as it was given.
    name: String,
    size_bytes: u64,
    rows: u64,
    schema: SchemaRef,
    /// Its columns, and the metadata fields that it holds.
    pub(super) leaves: Arc<[Leaf]>,
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
    let reader = match ParquetRecordBatchReaderBuilder::try_new(file) {
        Ok(reader) => reader,
        Err(error) => return Some(Err(error.to_string())),
    };
    let rows = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    let schema = Arc::clone(reader.schema());
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
    Some(Ok(ParquetFile { path, name, size_bytes, rows, schema, leaves, is_part }))
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
enum Made {
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
enum Constant {
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
        let plan = |(number, files): (usize, &[ParquetFile])| {
            self.group(state, fields, (schema, limit), filters, (number, files))
        };
        groups.enumerate().map(plan).collect()
    }

    /// The plan for files that have the same schema.
    fn group(
        &self,
        state: &dyn Session,
        fields: &[usize],
        (schema, limit): (&SchemaRef, Option<usize>),
        filters: &[Expr],
        (number, files): (usize, &[ParquetFile]),
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(first) = files.first() else { return internal_err!("a group without files") };
        let (made, roots, has_row_number) = self.made(fields, first);
        let file_schema = self.file_schema(first);
        let predicate = self.predicate(state, filters, first, &file_schema)?;
        let mut table_schema = TableSchema::builder(Arc::clone(&file_schema));
        if has_row_number {
            let field = Field::new(ROW_NUMBER, ArrowType::Int64, false);
            table_schema = table_schema
                .with_virtual_columns(vec![Arc::new(field.with_extension_type(RowNumber))]);
        }
        let mut source = ParquetSource::new(table_schema.build());
        if let Some(predicate) = predicate {
            source = source.with_predicate(predicate);
        }
        let mut projection: Vec<usize> = roots;
        projection.extend(has_row_number.then(|| file_schema.fields().len()));
        let files_read = files.iter().map(partitioned).collect::<Result<Vec<_>>>()?;
        let config =
            FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
                .with_file_group(FileGroup::new(files_read))
                .with_projection_indices(Some(projection))?
                .with_limit(limit)
                .build();
        Ok(Arc::new(ConvertExec {
            input: DataSourceExec::from_data_source(config),
            shared: Arc::clone(&self.shared),
            part: (self.source_number, number + 1),
            rows: files.iter().map(|file| file.rows).sum(),
            files: files.len() as u64,
            made: made.into(),
            properties: one_partition(Arc::clone(schema)),
        }))
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

    /// What of the filters the statistics of files can be asked.
    fn predicate(
        &self,
        state: &dyn Session,
        filters: &[Expr],
        file: &ParquetFile,
        schema: &SchemaRef,
    ) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let same = |name: &str| {
            self.columns.iter().any(|(known, ty, multi)| {
                known == name
                    && !multi
                    && schema
                        .field_with_name(name)
                        .is_ok_and(|field| *field.data_type() == read_as(field.data_type(), *ty))
                    && file.leaves.iter().any(|leaf| leaf.name == name && leaf.ty == *ty)
            })
        };
        let native = |filter: &&Expr| {
            let foreign = filter.exists(|expr| {
                Ok(match expr {
                    Expr::Column(column) => !same(&column.name),
                    Expr::BinaryExpr(_)
                    | Expr::Literal(..)
                    | Expr::InList(_)
                    | Expr::Between(_)
                    | Expr::IsNull(_)
                    | Expr::IsNotNull(_)
                    | Expr::Not(_)
                    | Expr::Alias(_) => false,
                    _ => true,
                })
            });
            foreign.is_ok_and(|foreign| !foreign)
        };
        let native = filters.iter().filter(native).filter_map(|filter| zoned_as(filter, schema));
        let Some(filter) = conjunction(native) else {
            return Ok(None);
        };
        let schema = DFSchema::try_from(schema.as_ref().clone())?;
        Ok(Some(state.create_physical_expr(filter, &schema)?))
    }
}

/// The Arrow type that a field of a file is read as for a column of this type.
fn read_as(own: &ArrowType, ty: DataType) -> ArrowType {
    let wanted = ty.arrow();
    match (own, without_zone(&wanted)) {
        (ArrowType::Timestamp(_, None), Some(plain)) => plain,
        _ => wanted,
    }
}

/// A filter whose moments have a zone where the columns that are read have one; `None` if some have and some do not.
fn zoned_as(filter: &Expr, schema: &Schema) -> Option<Expr> {
    let is_moment = |ty: &ArrowType| matches!(ty, ArrowType::Timestamp(..));
    let mut zones = filter.column_refs().into_iter().filter_map(|column| {
        let ty = schema.field_with_name(&column.name).ok()?.data_type();
        is_moment(ty).then(|| without_zone(ty).is_some())
    });
    let Some(has_zone) = zones.next() else { return Some(filter.clone()) };
    if zones.any(|other| other != has_zone) {
        return None;
    }
    if has_zone {
        return Some(filter.clone());
    }
    let plain = filter.clone().transform(|expr| {
        Ok(match expr {
            Expr::Literal(ScalarValue::TimestampMillisecond(at, Some(_)), note) => {
                let plain = ScalarValue::TimestampMillisecond(at, None);
                Transformed::yes(Expr::Literal(plain, note))
            }
            Expr::Literal(ScalarValue::TimestampNanosecond(at, Some(_)), note) => {
                let plain = ScalarValue::TimestampNanosecond(at, None);
                Transformed::yes(Expr::Literal(plain, note))
            }
            other => Transformed::no(other),
        })
    });
    plain.ok().map(|plain| plain.data)
}

fn partitioned(file: &ParquetFile) -> Result<PartitionedFile> {
    let mut read = PartitionedFile::new(String::new(), file.size_bytes);
    read.object_meta.location = StorePath::from_absolute_path(&file.path)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(read)
}

/// The rows of Parquet files as rows of a table.
#[derive(Debug, Clone)]
struct ConvertExec {
    input: Arc<dyn ExecutionPlan>,
    shared: Arc<Shared>,
    /// The source and the part of it, for what is reported.
    part: (usize, usize),
    /// How many rows the files have.
    rows: u64,
    files: u64,
    made: Arc<[Made]>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for ConvertExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConvertExec: files={}", self.files)
    }
}

impl ExecutionPlan for ConvertExec {
    fn name(&self) -> &'static str {
        "ConvertExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    /// More partitions would come in any order.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop()) {
            (Some(input), None) if input.output_partitioning().partition_count() == 1 => {
                Ok(Arc::new(ConvertExec { input, ..self.as_ref().clone() }))
            }
            _ => internal_err!("rows of files come in one stream"),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let input = self.input.execute(partition, context)?;
        let mut tally = Tally { exec: self.clone(), read: 0, ill_typed: 0 };
        let output = Arc::clone(&schema);
        let batches = input.map(move |batch| tally.batch(&batch?, &output));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Counts what is read, and reports it when nothing more is.
struct Tally {
    exec: ConvertExec,
    read: u64,
    ill_typed: u64,
}

impl Tally {
    fn batch(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
        self.read += batch.num_rows() as u64;
        let order = self.exec.shared.source_order;
        let arrays =
            self.exec.made.iter().map(|made| made.array(batch, order, &mut self.ill_typed));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let mut report = SourceReport::default();
        report.count(self.exec.files, self.read, self.exec.rows.saturating_sub(self.read));
        report.ill_typed(self.ill_typed);
        self.exec.shared.report.set(self.exec.part, report);
    }
}

impl Made {
    fn array(
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
