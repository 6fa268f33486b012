//! The plan that reads files of events: one stream of batches, in the order of the inputs.
//!
//! Workers read and build arrays at the same time; a bounded channel holds them back when nobody takes the batches, and
//! ends them when nobody wants more.

use std::fmt;
use std::sync::Arc;

use brokerwatch_ecs::Projection;
use brokerwatch_ingest::prefilter::Prefilter;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use tokio::sync::mpsc::Sender;

use super::Shared;
use super::column::Binding;
use super::facts::Refit;
use super::metadata::Meta;
use super::report::SourceReport;
use super::required::required;
use super::rows::{Built, Rows, Wanted};
use crate::events::{self, Piece, Reading};
use crate::limits::{BATCH_BYTES_MAX, BATCH_CELLS_MAX, BATCH_ROWS_MAX, BATCHES_WAITING_MAX};
use crate::{Input, Item, Progress};

/// The files of events of a source, as rows of a table.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) shared: Arc<Shared>,
    /// The source, in the order of the options.
    pub(super) source_number: usize,
    pub(super) source: Option<Arc<str>>,
    pub(super) inputs: Arc<[Input]>,
    /// The columns of the table, in the order of its schema.
    pub(super) columns: Arc<[(String, Binding)]>,
    /// Behind the columns.
    pub(super) metadata: Arc<[Meta]>,
    /// Names that are columns as soon as a document has them.
    pub(super) watched: Arc<[String]>,
}

impl Events {
    /// The plan for some fields of the table, and for records that may pass filters.
    pub(super) fn scan(
        &self,
        fields: &[usize],
        schema: SchemaRef,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> EventsExec {
        let rows = self.rows(fields, Projection::new());
        let binding = |name: &str| {
            let found = self.columns.iter().find(|(known, _)| known == name);
            found.map(|(_, binding)| binding)
        };
        let prefilter = required(filters, &binding).and_then(|found| Prefilter::new(&found));
        let width = rows.projection.len().max(fields.len());
        let run = Run {
            shared: Arc::clone(&self.shared),
            source_number: self.source_number,
            inputs: in_blocks(&self.inputs, width),
            rows,
            prefilter,
            schema: Arc::clone(&schema),
        };
        EventsExec { run: Arc::new(run), fetch: limit, properties: one_partition(schema) }
    }
}

impl Events {
    /// The rows of some fields of the table, of events that have the fields of a projection in its slots and more behind.
    pub(super) fn rows(&self, fields: &[usize], projection: Projection) -> Rows {
        let wanted = fields.iter().map(|at| match self.columns.get(*at) {
            Some((name, binding)) => Wanted::Column(name, binding),
            None => Wanted::Meta(self.metadata[*at - self.columns.len()], &self.columns),
        });
        let source_order = self.shared.source_order;
        Rows::beside(projection, wanted, &self.watched, self.source.clone(), source_order)
    }
}

/// The properties of a plan with one stream that comes bit by bit and ends.
pub(super) fn one_partition(schema: SchemaRef) -> Arc<PlanProperties> {
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(schema),
        Partitioning::UnknownPartitioning(1),
        EmissionType::Incremental,
        Boundedness::Bounded,
    ))
}

/// Inputs in blocks that hold no more rows than memory should at this width, however short the records are.
pub(super) fn in_blocks(inputs: &Arc<[Input]>, width: usize) -> Arc<[Input]> {
    /// The shortest record, `{}` and its line feed.
    const RECORD_BYTES_MIN: usize = 3;
    const BLOCK_BYTES_MIN: usize = 8 << 10;
    let bytes = BATCH_CELLS_MAX / width.max(1) * RECORD_BYTES_MIN;
    if brokerwatch_ingest::limits::BLOCK_BYTES <= bytes {
        return Arc::clone(inputs);
    }
    inputs.iter().map(|input| input.in_blocks_of(bytes.max(BLOCK_BYTES_MIN))).collect()
}

/// Reads files of events.
#[derive(Debug, Clone)]
pub(super) struct EventsExec {
    run: Arc<Run>,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for EventsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = &self.run;
        write!(
            f,
            "EventsExec: inputs={}, prefilter={}",
            run.inputs.len(),
            run.prefilter.is_some()
        )?;
        self.fetch.map_or(Ok(()), |fetch| write!(f, ", fetch={fetch}"))
    }
}

impl ExecutionPlan for EventsExec {
    fn name(&self) -> &'static str {
        "EventsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(EventsExec { fetch: limit, ..self.clone() }))
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = Arc::clone(&self.run.schema);
        let mut stream = RecordBatchReceiverStream::builder(schema, BATCHES_WAITING_MAX);
        let (run, sender, fetch) = (Arc::clone(&self.run), stream.tx(), self.fetch);
        stream.spawn_blocking(move || run.rows_into(sender, fetch));
        Ok(stream.build())
    }
}

/// What is read, for whom.
#[derive(Debug)]
struct Run {
    shared: Arc<Shared>,
    source_number: usize,
    inputs: Arc<[Input]>,
    rows: Rows,
    prefilter: Option<Prefilter>,
    schema: SchemaRef,
}

/// Why reading stops before its end.
enum Stop {
    /// There are as many rows as were asked for, or nobody asks any more.
    Enough,
    Failed(DataFusionError),
}

impl From<DataFusionError> for Stop {
    fn from(error: DataFusionError) -> Stop {
        Stop::Failed(error)
    }
}

impl Run {
    fn rows_into(&self, sender: Sender<Result<RecordBatch>>, fetch: Option<usize>) -> Result<()> {
        let reading = Reading {
            prefilter: self.prefilter.as_ref(),
            ..self.shared.reading(&self.rows.projection)
        };
        let mut batches = Batches::new(sender, Arc::clone(&self.schema), fetch);
        let mut report = SourceReport::default();
        let read = events::read(
            &self.inputs,
            reading,
            &Progress::default(),
            &self.rows,
            &mut |input: &Input, item: Item<Piece<Built>>| {
                report.take(input, &item);
                match item {
                    Item::Output(piece) => self.piece(piece, &mut batches),
                    Item::Failed(_) | Item::End => Ok(()),
                }
            },
        );
        let end = read.and_then(|()| batches.finish());
        match end {
            Err(Stop::Failed(error)) => return Err(error),
            Ok(()) | Err(Stop::Enough) => {}
        }
        self.shared.report.set((self.source_number, 0), report);
        Ok(())
    }

    fn piece(&self, mut piece: Piece<Built>, batches: &mut Batches) -> Result<(), Stop> {
        if !piece.output.misfits.is_empty() {
            let columns = std::mem::take(&mut piece.output.misfits);
            let refit = Refit { source_number: self.source_number, columns };
            return Err(DataFusionError::External(Box::new(refit)).into());
        }
        let bytes = piece.output.bytes;
        if piece.output.rows == 0 {
            return batches.still_wanted();
        }
        batches.push(piece.output.finish(&self.schema)?, bytes)
    }
}

/// Puts the rows of chunks together to batches of the usual size, and gives them out.
struct Batches {
    sender: Sender<Result<RecordBatch>>,
    schema: SchemaRef,
    waiting: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    rows_max: usize,
    /// Rows that are still wanted.
    left: usize,
}

impl Batches {
    fn new(
        sender: Sender<Result<RecordBatch>>,
        schema: SchemaRef,
        fetch: Option<usize>,
    ) -> Batches {
        const ROWS_MIN: usize = 64;
        let width = schema.fields().len().max(1);
        let rows_max = (BATCH_CELLS_MAX / width).clamp(ROWS_MIN, BATCH_ROWS_MAX);
        let left = fetch.unwrap_or(usize::MAX);
        Batches { sender, schema, waiting: Vec::new(), rows: 0, bytes: 0, rows_max, left }
    }

    fn push(&mut self, batch: RecordBatch, bytes: usize) -> Result<(), Stop> {
        self.rows += batch.num_rows();
        self.bytes += bytes;
        self.waiting.push(batch);
        if self.left <= self.rows || BATCH_BYTES_MAX <= self.bytes {
            return self.give(0);
        }
        if self.rows_max <= self.rows { self.give(self.rows_max) } else { self.still_wanted() }
    }

    fn finish(&mut self) -> Result<(), Stop> {
        self.give(0)
    }

    fn still_wanted(&self) -> Result<(), Stop> {
        if self.sender.is_closed() { Err(Stop::Enough) } else { Ok(()) }
    }

    /// Gives out what waits, but for a rest of less than so many rows.
    fn give(&mut self, rows_min: usize) -> Result<(), Stop> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let all = concat_batches(&self.schema, &self.waiting).map_err(DataFusionError::from)?;
        self.waiting.clear();
        let (mut at, bytes) = (0, std::mem::take(&mut self.bytes));
        self.rows = all.num_rows();
        while rows_min.max(1) <= self.rows {
            let rows = self.rows.min(self.rows_max).min(self.left);
            if self.sender.blocking_send(Ok(all.slice(at, rows))).is_err() {
                return Err(Stop::Enough);
            }
            at += rows;
            self.rows -= rows;
            self.left -= rows;
            if self.left == 0 {
                return Err(Stop::Enough);
            }
        }
        if 0 < self.rows {
            self.bytes = bytes / all.num_rows() * self.rows;
            self.waiting.push(all.slice(at, self.rows));
        }
        Ok(())
    }
}
