//! The rows of a table as DataFusion asks for them: its parts one after the other, so that their order never changes.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::{StreamExt, stream};

use super::parquet::ParquetFiles;
use super::scan::{Events, one_partition};

/// Files that are read in one way.
#[derive(Debug)]
pub(super) enum Part {
    /// Files of events.
    Events(Events),
    /// Parquet files.
    Parquet(ParquetFiles),
}

/// A table over the files of sources.
#[derive(Debug)]
pub(super) struct SourceTable {
    schema: SchemaRef,
    parts: Vec<Part>,
}

impl SourceTable {
    /// A table with this schema: columns, then metadata.
    pub(super) fn new(schema: SchemaRef, parts: Vec<Part>) -> SourceTable {
        SourceTable { schema, parts }
    }
}

#[async_trait]
impl TableProvider for SourceTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let every: Vec<usize> = (0..self.schema.fields().len()).collect();
        let fields = projection.unwrap_or(&every);
        let schema = Arc::new(self.schema.project(fields)?);
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Events(events) => {
                    let schema = Arc::clone(&schema);
                    plans.push(Arc::new(events.scan(fields, schema, filters, limit)));
                }
                Part::Parquet(files) => {
                    plans.extend(files.scan(state, fields, (&schema, limit), filters)?);
                }
            }
        }
        Ok(chained(plans, schema))
    }
}

/// A plan that gives the rows of plans one after the other.
fn chained(mut plans: Vec<Arc<dyn ExecutionPlan>>, schema: SchemaRef) -> Arc<dyn ExecutionPlan> {
    match (plans.len(), plans.pop()) {
        (_, None) => Arc::new(EmptyExec::new(schema)),
        (1, Some(plan)) if plan.output_partitioning().partition_count() == 1 => plan,
        (_, Some(last)) => {
            plans.push(last);
            Arc::new(ChainExec { plans, properties: one_partition(schema) })
        }
    }
}

/// The rows of plans, one plan and one partition after the other. A union would give them as they come.
#[derive(Debug)]
struct ChainExec {
    plans: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for ChainExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainExec")
    }
}

impl ExecutionPlan for ChainExec {
    fn name(&self) -> &'static str {
        "ChainExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.plans.iter().collect()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    /// More partitions would come in any order.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.plans.len()]
    }

    fn with_new_children(
        self: Arc<Self>,
        plans: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(ChainExec { plans, properties: Arc::clone(&self.properties) }))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let partitions = |plan: &Arc<dyn ExecutionPlan>| {
            let count = plan.output_partitioning().partition_count();
            (0..count).map(|partition| (Arc::clone(plan), partition)).collect::<Vec<_>>()
        };
        let partitions: Vec<_> = self.plans.iter().flat_map(partitions).collect();
        // Each is started when the one before has ended.
        let streams = stream::iter(partitions).map(move |(plan, partition)| {
            match plan.execute(partition, Arc::clone(&context)) {
                Ok(stream) => stream.boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, streams.flatten())))
    }
}
