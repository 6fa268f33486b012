//! Runs ES|QL queries over tables: plans, runs, and runs once more where a column turned out to be another than it
//! looked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::planner::{self, Options, OutputColumn, Prepared};
use brokerwatch_expr::Diagnostic;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use futures::StreamExt;

use crate::limits::REFITS_MAX;
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
    worker: Arc<Worker>,
}

/// What runs plans, whatever the tables.
#[derive(Debug)]
struct Worker {
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
        let engine = Engine::new(workers, environment);
        let tables = Tables::new(options.tables);
        Ok(Session { tables, worker: Arc::new(Worker { engine, threads }) })
    }

    /// A session over other tables that shares with this one what runs its plans: threads and memory.
    #[must_use]
    pub fn beside(&self, tables: TablesOptions) -> Session {
        Session { tables: Tables::new(tables), worker: Arc::clone(&self.worker) }
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.worker.engine
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.worker.threads.block_on(future)
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
            let ran = self.wait(async {
                let plan = self.engine().physical(&prepared).await?;
                let mut batches = execute_stream(plan, self.engine().state().task_ctx())?;
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

    /// Runs what `plan` gives; plans and runs once more where a column turned out to be another than it looked.
    pub(crate) fn refitted(
        &self,
        plan: &dyn Fn() -> Result<Prepared, Vec<Diagnostic>>,
    ) -> Result<Answer, Failed> {
        let begin = now();
        for _ in 0..=2 * REFITS_MAX {
            let prepared = plan().map_err(Failed::Query)?;
            let ran = self.wait(async {
                let plan = self.engine().physical(&prepared).await?;
                let batches = collect(Arc::clone(&plan), self.engine().state().task_ctx()).await?;
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

/// The time, to say how long a query took.
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime asks the clock, to say how long a query took"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// An error of a run in words for people.
pub(crate) fn said(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => {
            format!("the memory limit is too small for this query: {why}; raise `--memory-limit`")
        }
        other => other.strip_backtrace(),
    }
}
