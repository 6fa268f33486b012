//! The plan that reads Parquet files as rows of a table, in their order. With several threads, pieces of the files are
//! unpacked and converted ahead of whoever takes the rows, each by a task of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
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
        let row_bytes = row_bytes + VIEW_BYTES * fields as u64;
        let batch_bytes = (row_bytes * BATCH_ROWS_MAX as u64).max(1);
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

/// The rows of Parquet files as rows of a table.
#[derive(Debug, Clone)]
pub(super) struct RowsExec {
    /// Its partitions are pieces of the files, in their order.
    input: Arc<dyn ExecutionPlan>,
    made: Arc<[Made]>,
    pub(super) extent: Extent,
    ahead: Option<Ahead>,
    shared: Arc<Shared>,
    properties: Arc<PlanProperties>,
}

impl RowsExec {
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
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
        let pieces = self.input.output_partitioning().partition_count();
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
            (Some(input), None) => Ok(Arc::new(RowsExec { input, ..self.as_ref().clone() })),
            _ => internal_err!("rows of files have one input"),
        }
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let pieces = stream::iter(0..self.input.output_partitioning().partition_count());
        let ill_typed = Arc::default();
        let mut tally = Tally { exec: self.clone(), taken: 0, ill_typed: Arc::clone(&ill_typed) };
        let piece = Piece { exec: self.clone(), context, ill_typed };
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

/// Reads pieces of the files.
struct Piece {
    exec: RowsExec,
    context: Arc<TaskContext>,
    /// How many values the types of their columns could not hold.
    ill_typed: Arc<AtomicU64>,
}

impl Piece {
    /// The rows of a piece, read when they are asked for.
    fn read(&self, number: usize) -> SendableRecordBatchStream {
        let schema = self.exec.schema();
        let input = match self.exec.input.execute(number, Arc::clone(&self.context)) {
            Ok(input) => input,
            Err(error) => {
                let failed = stream::iter([Err(error)]);
                return Box::pin(RecordBatchStreamAdapter::new(schema, failed));
            }
        };
        let (exec, ill_typed) = (self.exec.clone(), Arc::clone(&self.ill_typed));
        let batches = input.map(move |batch| exec.converted(&batch?, &ill_typed));
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

/// Counts the rows that are taken, and reports them when nobody wants more.
struct Tally {
    exec: RowsExec,
    taken: u64,
    ill_typed: Arc<AtomicU64>,
}

impl Tally {
    fn take(&mut self, batch: &RecordBatch) {
        self.taken += batch.num_rows() as u64;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let Extent { part, files, rows, .. } = self.exec.extent;
        let mut report = SourceReport::default();
        report.count(files, self.taken, rows.saturating_sub(self.taken));
        report.ill_typed(self.ill_typed.load(Ordering::Relaxed));
        self.exec.shared.report.set(part, report);
    }
}
