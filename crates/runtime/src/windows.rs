//! Rows that a query looks at, held in the order of their time, and queries over windows of them.
//!
//! Planning a query takes far longer than running it over the rows of a window, so that it is planned once: under the plan
//! lies a slot, and each run reads the rows that are in it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brokerwatch_esql::block::Block;
use brokerwatch_esql::catalog::{
    Catalog, CatalogError, EqlRequest, Policy, Table, TableColumn, TableRequest,
};
use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::locations::Locations;
use brokerwatch_esql::planner::{self, LeftOut, Options, OutputColumn};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use brokerwatch_esql::warnings::Warnings;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, collect};
use futures::stream;

use crate::limits::{BATCH_ROWS_MAX, BUFFER_BYTES_MAX};
use crate::session::{Answer, Failed, Session, now, said};
use crate::tables::Tables;

/// The rows that a query ever looks at, in the order of their time, so that it can be run over windows of them.
#[derive(Debug)]
pub struct Buffer {
    shape: Shape,
    rows: RecordBatch,
    /// Of each row, in milliseconds since the epoch; the least of all for a row without a time.
    times: Vec<i64>,
}

/// The columns of the rows that a query is planned over: the same plan runs over all rows of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    schema: SchemaRef,
    columns: Vec<TableColumn>,
    metadata: Vec<TableColumn>,
}

impl Buffer {
    /// The times of the rows, ascending, in milliseconds since the epoch; the least of all for a row without a time.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    pub(crate) fn new(
        columns: Vec<OutputColumn>,
        batches: &[RecordBatch],
    ) -> Result<Buffer, DataFusionError> {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, column.ty.arrow_column(column.multi), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let batches = batches.iter().map(|batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(
                Arc::clone(&schema),
                batch.columns().to_vec(),
                &options,
            )
        });
        let rows = concat_batches(&schema, &batches.collect::<Result<Vec<_>, _>>()?)?;
        let time = columns
            .iter()
            .position(|column| column.name == "@timestamp" && column.ty == DataType::Date);
        let times = match time {
            Some(at) => {
                let block = Block::new(rows.column(at), DataType::Date)?;
                let mut values = Vec::new();
                (0..rows.num_rows())
                    .map(|row| {
                        values.clear();
                        block.read(row, &mut values);
                        match values.first() {
                            Some(Value::Date(millis)) => *millis,
                            _ => i64::MIN,
                        }
                    })
                    .collect()
            }
            None => vec![i64::MIN; rows.num_rows()],
        };
        let mut order: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap_or(u32::MAX)).collect();
        order.sort_by_key(|row| times[*row as usize]);
        let sorted = order.iter().map(|row| times[*row as usize]).collect();
        let rows = take_record_batch(&rows, &UInt32Array::from(order))?;
        let (metadata, columns) = columns
            .into_iter()
            .map(|column| TableColumn {
                name: column.name,
                ty: column.ty,
                multi: column.multi,
                conflict: column.conflict,
            })
            .partition(|column: &TableColumn| column.name.starts_with('_'));
        Ok(Buffer { shape: Shape { schema, columns, metadata }, rows, times: sorted })
    }

    /// Which rows lie from one moment up to but without another, in milliseconds since the epoch.
    pub fn between(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let start =
            if from == i64::MIN { 0 } else { self.times.partition_point(|time| *time < from) };
        start..self.times.partition_point(|time| *time < to).max(start)
    }
}

/// What of a query is planned over the rows of a buffer.
#[derive(Clone, Copy)]
pub enum Part<'p, 'l> {
    /// All of it.
    Whole,
    /// Its source and the `WHERE`s right behind, without rows that are left out.
    Leading(Option<&'p LeftOut<'l>>),
}

/// A query, or the first part of it, planned over the columns of a buffer, to be run over any rows that have them.
#[derive(Debug)]
pub struct Planned {
    shape: Shape,
    under: Arc<Under>,
    columns: Vec<OutputColumn>,
    warnings: Arc<Warnings>,
    plan: Arc<dyn ExecutionPlan>,
    /// Whether it reads nothing but the rows under it.
    alone: bool,
}

impl Planned {
    /// Whether it can be run over a buffer, also of another session than the one that planned it: the rows have its
    /// columns, and it reads nothing else.
    pub fn fits(&self, buffer: &Buffer) -> bool {
        self.alone && self.shape == buffer.shape
    }
}

impl Session {
    /// The rows that a query ever looks at: those of its source that pass the `WHERE`s right behind it and that nothing
    /// leaves out.
    pub fn buffer(
        &self,
        query: &str,
        options: &Options,
        left_out: Option<&LeftOut<'_>>,
    ) -> Result<Buffer, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        held(&self.refitted(&|| {
            planner::plan_leading(query, &statement, self.tables(), options, left_out)
        })?)
    }

    /// All rows of the source of a query, with the columns that the query can use and some more.
    pub fn source_rows(
        &self,
        query: &str,
        options: &Options,
        more: &BTreeSet<String>,
    ) -> Result<Buffer, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        held(
            &self.refitted(&|| {
                planner::plan_source(query, &statement, self.tables(), options, more)
            })?,
        )
    }

    /// Plans a part of a query over the columns of a buffer.
    pub fn plan_over(
        &self,
        (query, part): (&str, Part<'_, '_>),
        options: &Options,
        buffer: &Buffer,
    ) -> Result<Planned, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        let under = Arc::new(Under {
            schema: Arc::clone(&buffer.shape.schema),
            rows: Mutex::new(RecordBatch::new_empty(Arc::clone(&buffer.shape.schema))),
        });
        let window = Window {
            shape: &buffer.shape,
            under: &under,
            tables: self.tables(),
            alone: Cell::new(true),
        };
        let prepared = match part {
            Part::Whole => planner::plan(query, &statement, &window, options),
            Part::Leading(left_out) => {
                planner::plan_leading(query, &statement, &window, options, left_out)
            }
        };
        let prepared = prepared.map_err(Failed::Query)?;
        let alone = window.alone.get();
        let plan = self.wait(self.engine().repeatable(&prepared));
        Ok(Planned {
            shape: buffer.shape.clone(),
            under,
            columns: prepared.columns,
            warnings: prepared.warnings,
            plan: plan.map_err(|error| Failed::Run(said(&error)))?,
            alone,
        })
    }

    /// Runs a plan over some rows of a buffer that it was planned for or that it fits. `None` says that a column of another
    /// table turned out to be another than it looked, so that the query has to be planned once more.
    pub fn answer_over(
        &self,
        planned: &Planned,
        buffer: &Buffer,
        rows: Range<usize>,
    ) -> Result<Option<Answer>, Failed> {
        let begin = now();
        *planned.under.rows() = buffer.rows.slice(rows.start, rows.len());
        let ran = Engine::renewed(&planned.plan).and_then(|plan| {
            let context = self.engine().state().task_ctx();
            self.wait(collect(Arc::clone(&plan), context)).map(|batches| (plan, batches))
        });
        match ran {
            Ok((plan, batches)) => Ok(Some(Answer {
                columns: planned.columns.clone(),
                batches,
                warnings: planned.warnings.all(),
                took: begin.elapsed(),
                plan,
            })),
            Err(error) if self.tables().refit(&error) => Ok(None),
            Err(error) => Err(Failed::Run(said(&error))),
        }
    }

    /// Runs the first part of a query over all rows of a buffer: those that pass are a buffer again.
    pub fn passing(&self, leading: &Planned, buffer: &Buffer) -> Result<Buffer, Failed> {
        match self.answer_over(leading, buffer, 0..buffer.times.len())? {
            Some(answer) => held(&answer),
            None => Err(Failed::Run("the types of the columns could not be settled".to_owned())),
        }
    }
}

/// The rows of an answer, to be run over.
fn held(answer: &Answer) -> Result<Buffer, Failed> {
    let bytes: usize = answer.batches.iter().map(RecordBatch::get_array_memory_size).sum();
    if BUFFER_BYTES_MAX < bytes {
        let why = format!(
            "the rows that the query looks at take {} MB, at most {} are held; a narrower `WHERE` right behind `FROM` helps",
            bytes >> 20,
            BUFFER_BYTES_MAX >> 20
        );
        return Err(Failed::Run(why));
    }
    let columns = answer.columns.clone();
    Buffer::new(columns, &answer.batches).map_err(|error| Failed::Run(said(&error)))
}

/// The rows under a plan: those of the run that is going on.
#[derive(Debug)]
struct Under {
    schema: SchemaRef,
    rows: Mutex<RecordBatch>,
}

impl Under {
    fn rows(&self) -> MutexGuard<'_, RecordBatch> {
        // A batch is put in whole: a panic leaves nothing half done.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartitionStream for Under {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows().clone();
        let starts = (0..rows.num_rows()).step_by(BATCH_ROWS_MAX);
        let parts = starts
            .map(move |start| Ok(rows.slice(start, BATCH_ROWS_MAX.min(rows.num_rows() - start))));
        let schema = Arc::clone(&self.schema);
        Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(parts)))
    }
}

/// The rows under a plan as the only table there is; lookups stay what they are.
struct Window<'a> {
    shape: &'a Shape,
    under: &'a Arc<Under>,
    tables: &'a Tables,
    alone: Cell<bool>,
}

impl Window<'_> {
    fn tables(&self) -> &Tables {
        self.alone.set(false);
        self.tables
    }
}

impl Catalog for Window<'_> {
    fn table(&self, _: &TableRequest<'_>) -> Result<Table, CatalogError> {
        let under: Arc<dyn PartitionStream> = Arc::clone(self.under) as _;
        let provider = StreamingTable::try_new(Arc::clone(&self.shape.schema), vec![under])
            .map_err(|error| CatalogError::Unreadable(error.strip_backtrace()))?;
        Ok(Table {
            columns: self.shape.columns.clone(),
            metadata: self.shape.metadata.clone(),
            provider: Arc::new(provider),
            open: true,
            remarks: Vec::new(),
        })
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        self.tables().lookup(name)
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        self.tables().policy(name)
    }

    fn locations(&self, name: Option<&str>) -> Result<Locations, CatalogError> {
        self.tables().locations(name)
    }

    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        self.tables().eql(request)
    }
}
