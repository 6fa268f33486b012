//! Runs ES|QL queries over tables: plans, runs, and runs once more where a column turned out to be another than it
//! looked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brokerwatch_esql::block::Block;
use brokerwatch_esql::catalog::{
    Catalog, CatalogError, EqlRequest, Policy, Table, TableColumn, TableRequest,
};
use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::planner::{self, LeftOut, Options, OutputColumn, Prepared};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use brokerwatch_expr::Diagnostic;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use futures::StreamExt;

use crate::limits::{BUFFER_BYTES_MAX, REFITS_MAX};
use crate::tables::{Report, Tables, TablesOptions};

/// What a session is made of.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// The tables.
    pub tables: TablesOptions,
    /// Most memory that sorting, grouping and joining may use, in bytes; what does not fit goes to disk.
    pub memory_limit: Option<usize>,
    /// Where that goes; the folder of the system if not said.
    pub spill_folder: Option<PathBuf>,
}

/// Tables, and what runs queries over them.
#[derive(Debug)]
pub struct Session {
    tables: Tables,
    engine: Engine,
    threads: tokio::runtime::Runtime,
}

/// The result of a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The columns.
    pub columns: Vec<OutputColumn>,
    /// The rows; the arrays stand in the order of the columns.
    pub batches: Vec<RecordBatch>,
    /// The warnings, as Elasticsearch words them.
    pub warnings: Vec<String>,
    /// How long it took, planning included.
    pub took: Duration,
    /// The plan with what each part of it took.
    pub plan: Arc<dyn ExecutionPlan>,
}

/// What takes the rows of a query.
pub(crate) trait Rows {
    /// Before the first rows, and once more if a column turned out to be another than it looked: then all rows come again.
    fn begin(&mut self, columns: &[OutputColumn]) -> Result<(), String>;
    /// The next rows.
    fn rows(&mut self, batch: &RecordBatch) -> Result<(), String>;
}

/// Why there is no result.
#[derive(Debug)]
pub enum Failed {
    /// The query is wrong.
    Query(Vec<Diagnostic>),
    /// The query is right, and running it failed.
    Run(String),
}

impl Session {
    /// A session; the error says why the system does not give what it needs.
    pub fn new(options: SessionOptions) -> Result<Session, String> {
        let workers = options.tables.threads.max(1);
        let mut environment = RuntimeEnvBuilder::new();
        if let Some(bytes) = options.memory_limit {
            environment = environment.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
        }
        if let Some(folder) = options.spill_folder {
            let mode = DiskManagerMode::Directories(vec![folder]);
            environment = environment
                .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
        }
        let environment = environment.build_arc().map_err(|error| error.strip_backtrace())?;
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("query")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Session {
            tables: Tables::new(options.tables),
            engine: Engine::new(workers, environment),
            threads,
        })
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Runs a query to its end.
    pub fn answer(&self, query: &str, options: &Options) -> Result<Answer, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        self.refitted(&|| planner::plan(query, &statement, &self.tables, options))
    }

    /// Runs a query to its end and gives its rows as they come.
    pub(crate) fn each(
        &self,
        query: &str,
        options: &Options,
        rows: &mut dyn Rows,
    ) -> Result<(), String> {
        let planned = |diagnostics: Vec<Diagnostic>| {
            diagnostics.first().map_or_else(String::new, |first| first.message.clone())
        };
        let statement = brokerwatch_esql::parse(query).map_err(planned)?;
        for _ in 0..=2 * REFITS_MAX {
            let prepared =
                planner::plan(query, &statement, &self.tables, options).map_err(planned)?;
            rows.begin(&prepared.columns)?;
            let ran = self.threads.block_on(async {
                let plan = self.engine.physical(&prepared).await?;
                let mut batches = execute_stream(plan, self.engine.state().task_ctx())?;
                while let Some(batch) = batches.next().await {
                    if let Err(why) = rows.rows(&batch?) {
                        return Ok(Err(why));
                    }
                }
                Ok(Ok(()))
            });
            match ran {
                Ok(ended) => return ended,
                Err(error) if self.tables.refit(&error) => {}
                Err(error) => return Err(said(&error)),
            }
        }
        Err("the types of the columns could not be settled".to_owned())
    }

    /// How many names of fields of all sources are no columns, because there are too many.
    pub(crate) fn columns_left_out(&self) -> u64 {
        self.tables.columns_left_out()
    }

    /// The rows that a query ever looks at: those of its source that pass the `WHERE`s right behind it and that nothing
    /// leaves out.
    pub fn buffer(
        &self,
        query: &str,
        options: &Options,
        left_out: Option<&LeftOut<'_>>,
    ) -> Result<Buffer, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        let answer = self.refitted(&|| {
            planner::plan_leading(query, &statement, &self.tables, options, left_out)
        })?;
        let bytes: usize = answer.batches.iter().map(RecordBatch::get_array_memory_size).sum();
        if BUFFER_BYTES_MAX < bytes {
            let why = format!(
                "the rows that the query looks at take {} MB, at most {} are held; a narrower `WHERE` right behind `FROM` helps",
                bytes >> 20,
                BUFFER_BYTES_MAX >> 20
            );
            return Err(Failed::Run(why));
        }
        Buffer::new(answer.columns, &answer.batches).map_err(|error| Failed::Run(said(&error)))
    }

    /// Runs a query over the rows of a buffer from one moment up to but without another, in milliseconds since the epoch.
    pub fn answer_window(
        &self,
        query: &str,
        options: &Options,
        buffer: &Buffer,
        from: i64,
        to: i64,
    ) -> Result<Answer, Failed> {
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        let window = Window { buffer, rows: buffer.window(from, to), tables: &self.tables };
        self.refitted(&|| planner::plan(query, &statement, &window, options))
    }

    /// Runs what `plan` gives; plans and runs once more where a column turned out to be another than it looked.
    #[expect(
        clippy::disallowed_methods,
        reason = "the runtime asks the clock, to say how long a query took"
    )]
    fn refitted(
        &self,
        plan: &dyn Fn() -> Result<Prepared, Vec<Diagnostic>>,
    ) -> Result<Answer, Failed> {
        let begin = Instant::now();
        for _ in 0..=2 * REFITS_MAX {
            let prepared = plan().map_err(Failed::Query)?;
            let ran = self.threads.block_on(async {
                let plan = self.engine.physical(&prepared).await?;
                let batches = collect(Arc::clone(&plan), self.engine.state().task_ctx()).await?;
                Ok((plan, batches))
            });
            match ran {
                Ok((plan, batches)) => {
                    let warnings = prepared.warnings.all();
                    return Ok(Answer {
                        columns: prepared.columns,
                        batches,
                        warnings,
                        took: begin.elapsed(),
                        plan,
                    });
                }
                Err(error) if self.tables.refit(&error) => {}
                Err(error) => return Err(Failed::Run(said(&error))),
            }
        }
        Err(Failed::Run("the types of the columns could not be settled".to_owned()))
    }

    /// What was read by the last query, and what could not be.
    pub fn report(&self) -> Report {
        self.tables.report()
    }
}

impl Answer {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The plan as a tree, each part with its rows and the time it took.
    pub fn explained(&self) -> String {
        DisplayableExecutionPlan::with_metrics(self.plan.as_ref()).indent(true).to_string()
    }
}

/// The rows that a query ever looks at, in the order of their time, so that it can be run over windows of them.
#[derive(Debug)]
pub struct Buffer {
    columns: Vec<TableColumn>,
    metadata: Vec<TableColumn>,
    rows: RecordBatch,
    /// Of each row, in milliseconds since the epoch; the least of all for a row without a time.
    times: Vec<i64>,
    open: bool,
}

impl Buffer {
    /// The times of the rows, ascending, in milliseconds since the epoch; the least of all for a row without a time.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    fn new(columns: Vec<OutputColumn>, batches: &[RecordBatch]) -> Result<Buffer, DataFusionError> {
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
        Ok(Buffer { columns, metadata, rows, times: sorted, open: true })
    }

    /// Which rows lie from one moment up to but without another, in milliseconds since the epoch.
    pub fn between(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let start =
            if from == i64::MIN { 0 } else { self.times.partition_point(|time| *time < from) };
        start..self.times.partition_point(|time| *time < to).max(start)
    }

    /// The rows from one moment up to but without another.
    fn window(&self, from: i64, to: i64) -> RecordBatch {
        let rows = self.between(from, to);
        self.rows.slice(rows.start, rows.len())
    }
}

/// A window of a buffer as the only table there is; lookups stay what they are.
struct Window<'a> {
    buffer: &'a Buffer,
    rows: RecordBatch,
    tables: &'a Tables,
}

impl Catalog for Window<'_> {
    fn table(&self, _: &TableRequest<'_>) -> Result<Table, CatalogError> {
        let provider = MemTable::try_new(self.rows.schema(), vec![vec![self.rows.clone()]])
            .map_err(|error| CatalogError::Unreadable(error.strip_backtrace()))?;
        Ok(Table {
            columns: self.buffer.columns.clone(),
            metadata: self.buffer.metadata.clone(),
            provider: Arc::new(provider),
            open: self.buffer.open,
            remarks: Vec::new(),
        })
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        self.tables.lookup(name)
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        self.tables.policy(name)
    }

    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        self.tables.eql(request)
    }
}

/// An error of a run in words for people.
fn said(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => {
            format!("the memory limit is too small for this query: {why}; raise `--memory-limit`")
        }
        other => other.strip_backtrace(),
    }
}
