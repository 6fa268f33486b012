//! Runs plans: DataFusion's session, set up for what the planner gives it.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::dataframe::DataFrame;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::prelude::SessionConfig;

use crate::planner::Prepared;

/// What runs plans. It starts no threads of its own: whoever awaits its futures gives it a runtime.
#[derive(Debug, Clone)]
pub struct Engine {
    state: SessionState,
}

impl Engine {
    /// An engine that uses so many threads, and the memory and the disk of `environment`.
    pub fn new(threads: usize, environment: Arc<RuntimeEnv>) -> Engine {
        let mut config = SessionConfig::new()
            .with_target_partitions(threads.max(1))
            // Rows that come in order stay in order: nothing deals them out to threads by turns.
            .with_round_robin_repartition(false)
            .with_parquet_pruning(true);
        let options = config.options_mut();
        // The right side of a lookup is what is kept in memory; the rows flow past it in their order.
        options.optimizer.join_reordering = false;
        options.optimizer.repartition_joins = false;
        // A file is one stream, whose rows come in its order.
        options.optimizer.repartition_file_scans = false;
        // Groups come in the order of their first rows, however many threads there are.
        options.optimizer.repartition_aggregations = false;
        options.optimizer.repartition_windows = false;
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(environment)
            // The planner names functions by what they are. Registers of SQL's, which it could look names up in, take
            // longer to fill than many a query runs.
            .build();
        Engine { state }
    }

    /// All rows of a query.
    pub async fn collect(&self, prepared: &Prepared) -> Result<Vec<RecordBatch>> {
        DataFrame::new(self.state.clone(), prepared.plan.clone()).collect().await
    }

    /// The plan as it would run, for explanations.
    pub async fn physical(&self, prepared: &Prepared) -> Result<Arc<dyn ExecutionPlan>> {
        self.state.create_physical_plan(&prepared.plan).await
    }

    /// The plan for one who runs it many times, each time as [`Engine::renewed`] gives it.
    pub async fn repeatable(&self, prepared: &Prepared) -> Result<Arc<dyn ExecutionPlan>> {
        let mut state = self.state.clone();
        // What one run learns of its rows would be held against those of the next.
        let optimizer = &mut state.config_mut().options_mut().optimizer;
        optimizer.enable_dynamic_filter_pushdown = false;
        optimizer.enable_topk_dynamic_filter_pushdown = false;
        optimizer.enable_join_dynamic_filter_pushdown = false;
        optimizer.enable_aggregate_dynamic_filter_pushdown = false;
        state.create_physical_plan(&prepared.plan).await
    }

    /// The same plan without what its last run left in it.
    pub fn renewed(plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        reset_plan_states(Arc::clone(plan))
    }

    /// The session, for whoever runs a physical plan itself.
    pub fn state(&self) -> &SessionState {
        &self.state
    }
}
