//! Runs ES|QL queries over tables: plans, runs, and runs once more where a column turned out to be another than it
//! looked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::planner::{self, Options, OutputColumn};
use brokerwatch_expr::Diagnostic;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};

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
        let begin = Instant::now();
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        for _ in 0..=2 * REFITS_MAX {
            let prepared =
                planner::plan(query, &statement, &self.tables, options).map_err(Failed::Query)?;
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

/// An error of a run in words for people.
fn said(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => {
            format!("the memory limit is too small for this query: {why}; raise `--memory-limit`")
        }
        other => other.strip_backtrace(),
    }
}
