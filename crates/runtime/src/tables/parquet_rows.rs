//! The plan that reads Parquet files as rows of a table, in their order. With several threads, pieces of the files are
//! unpacked and converted ahead of whoever takes the rows, each by a task of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::stream::{RecordBatchReceiverStream, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::{StreamExt, TryStreamExt as _, future, stream};

use super::Shared;
use super::parquet::Made;
use super::report::SourceReport;
use super::scan::one_partition;
use crate::limits::{AHEAD_BYTES_MAX, BATCH_ROWS_MAX, PIECE_ROWS_MIN};

/// How far reading runs ahead of whoever takes the rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    /// Pieces that are read at a time, that whose rows are taken among them.
    pieces: usize,
    /// Most batches of a piece that wait.
    batches: usize,
}

impl Ahead {
    /// For so many threads, and rows of about so many bytes in so many fields; `None` where one thread does it all.
    pub(super) fn of(threads: usize, row_bytes: u64, fields: usize) -> Option<Ahead> {
        /// A text is found by this many bytes, wherever it lies.
        const VIEW_BYTES: u64 = 16;
        let row_bytes = row_bytes.saturating_add(VIEW_BYTES * fields as u64);
        let batch_bytes = row_bytes.saturating_mul(BATCH_ROWS_MAX as u64).max(1);
        let of_a_piece = PIECE_ROWS_MIN.div_ceil(BATCH_ROWS_MAX as u64);
        let batches = (AHEAD_BYTES_MAX / batch_bytes).clamp(1, of_a_piece);
        let batches = usize::try_from(batches).unwrap_or(1);
        (1 < threads).then_some(Ahead { pieces: threads, batches })
    }
}

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// The source and the part of it, for what is reported.
    pub(super) part: (usize, usize),
    pub(super) files: u64,
    /// Files of the whole table that are not opened, because of their times; told by its first plan.
    pub(super) passed_over: u64,
    /// How many rows the files have.
    pub(super) rows: u64,
}

/// Pieces of files.
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    /// Its partitions are the pieces, in the order of the files.
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// The file that each is of.
    pub(super) files: Arc<[Arc<str>]>,
}

/// The rows of Parquet files as rows of a table.
#[derive(Debug, Clone)]
pub(super) struct RowsExec {
    input: Pieces,
    made: Arc<[Made]>,
    pub(super) extent: Extent,
    ahead: Option<Ahead>,
    shared: Arc<Shared>,
    properties: Arc<PlanProperties>,
}

impl RowsExec {
    pub(super) fn new(
        input: Pieces,
        (schema, made): (&SchemaRef, Vec<Made>),
        extent: Extent,
        ahead: Option<Ahead>,
        shared: Arc<Shared>,
    ) -> RowsExec {
        let properties = one_partition(Arc::clone(schema));
        RowsExec { input, made: made.into(), extent, ahead, shared, properties }
    }
}

impl RowsExec {
    fn converted(&self, batch: &RecordBatch, ill_typed: &AtomicU64) -> Result<RecordBatch> {
        let (mut ill, order) = (0, self.shared.source_order);
        let arrays = self.made.iter().map(|made| made.array(batch, order, &mut ill));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        ill_typed.fetch_add(ill, Ordering::Relaxed);
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema(), arrays, &options)?)
    }
}

impl DisplayAs for RowsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces = self.input.plan.output_partitioning().partition_count();
        let Extent { files, passed_over, .. } = self.extent;
        write!(f, "RowsExec: files={files}, passed_over={passed_over}, pieces={pieces}")
    }
}

impl ExecutionPlan for RowsExec {
    fn name(&self) -> &'static str {
        "RowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input.plan]
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
            (Some(plan), None) => {
                let input = Pieces { plan, files: Arc::clone(&self.input.files) };
                Ok(Arc::new(RowsExec { input, ..self.as_ref().clone() }))
            }
            _ => internal_err!("rows of files have one input"),
        }
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let pieces = stream::iter(0..self.input.plan.output_partitioning().partition_count());
        let flaws = Arc::default();
        let mut tally = Tally { exec: self.clone(), taken: 0, flaws: Arc::clone(&flaws) };
        let piece = Piece { exec: self.clone(), context, flaws };
        let batches = match self.ahead {
            None => pieces.map(move |number| piece.read(number)).flatten().boxed(),
            Some(ahead) => {
                let started = pieces.map(move |number| future::ready(piece.started(number, ahead)));
                started.buffered(ahead.pieces).flatten().boxed()
            }
        };
        let batches = batches.inspect_ok(move |batch| tally.take(batch));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// What was wrong with the files.
#[derive(Debug, Default)]
struct Flaws {
    /// How many values the types of their columns could not hold.
    ill_typed: AtomicU64,
    /// Files that could not be read to their end, with the reason.
    unread: Mutex<BTreeMap<Arc<str>, String>>,
}

impl Flaws {
    fn unread(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, String>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads pieces of the files.
struct Piece {
    exec: RowsExec,
    context: Arc<TaskContext>,
    flaws: Arc<Flaws>,
}

impl Piece {
    /// The rows of a piece, read when they are asked for. Where it is damaged, they end, and its file is noted.
    fn read(&self, number: usize) -> SendableRecordBatchStream {
        let schema = self.exec.schema();
        let Pieces { plan, files } = &self.exec.input;
        let input = match plan.execute(number, Arc::clone(&self.context)) {
            Ok(input) => input,
            Err(error) => {
                let failed = stream::iter([Err(error)]);
                return Box::pin(RecordBatchStreamAdapter::new(schema, failed));
            }
        };
        let (exec, flaws) = (self.exec.clone(), Arc::clone(&self.flaws));
        let file = files.get(number).cloned().unwrap_or_default();
        let batches = input.map(move |batch| match batch {
            Err(error) if is_damage(&error) => {
                let why = error.find_root().strip_backtrace();
                flaws.unread().entry(Arc::clone(&file)).or_insert(why);
                None
            }
            batch => Some(batch.and_then(|batch| exec.converted(&batch, &flaws.ill_typed))),
        });
        let until_damage = batches.take_while(|batch| future::ready(batch.is_some()));
        let batches = until_damage.filter_map(future::ready);
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    /// The rows of a piece, which a task reads until enough of them wait.
    fn started(&self, number: usize, ahead: Ahead) -> SendableRecordBatchStream {
        let mut rows = self.read(number);
        let mut read = RecordBatchReceiverStream::builder(self.exec.schema(), ahead.batches);
        let sender = read.tx();
        read.spawn(async move {
            while let Some(batch) = rows.next().await {
                if sender.send(batch).await.is_err() {
                    break;
                }
            }
            Ok(())
        });
        read.build()
    }
}

/// Whether it is a file that fails, and not what is done with it.
fn is_damage(error: &DataFusionError) -> bool {
    matches!(
        error.find_root(),
        DataFusionError::ArrowError(..)
            | DataFusionError::ParquetError(_)
            | DataFusionError::IoError(_)
            | DataFusionError::ObjectStore(_)
            | DataFusionError::External(_)
    )
}

/// Counts the rows that are taken, and reports them when nobody wants more.
struct Tally {
    exec: RowsExec,
    taken: u64,
    flaws: Arc<Flaws>,
}

impl Tally {
    fn take(&mut self, batch: &RecordBatch) {
        self.taken += batch.num_rows() as u64;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let Extent { part, files, rows, .. } = self.exec.extent;
        let unread = std::mem::take(&mut *self.flaws.unread());
        let mut report = SourceReport::default();
        let read = files.saturating_sub(unread.len() as u64);
        report.count(read, self.taken, rows.saturating_sub(self.taken));
        report.ill_typed(self.flaws.ill_typed.load(Ordering::Relaxed));
        report.unread(unread);
        self.exec.shared.report.set(part, report);
    }
}
