//! The rows at a point of the query: a plan, its scope, and the order that was asked for.

use brokerwatch_expr::Span;
use datafusion::common::Column as DfColumn;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, SortExpr, lit};
use datafusion::prelude::{Expr as DfExpr, ident};

use super::{Column, Planner, Scope, Typed};
use crate::types::DataType;

/// What a command takes and leaves.
///
/// `SORT` is not planned where it stands: DataFusion drops a sort below anything that does not ask for its order. The
/// keys become columns of their own, and the sort is planned where the order counts: before a limit and at the end.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// The plan so far. Its schema has the columns of the scope and others that are no longer visible.
    pub(crate) plan: LogicalPlan,
    /// The visible columns.
    pub(crate) scope: Scope,
    /// The order asked for, over ids of the plan.
    pub(crate) order: Vec<SortExpr>,
    /// Whether a `LIMIT` stood before.
    pub(crate) limited: bool,
    /// The last `SORT`, whose order the rows still have.
    pub(crate) sorted: Option<Span>,
    /// The order that the last `LIMIT` put the rows into.
    pub(crate) kept: Vec<SortExpr>,
    /// The column with the place of a row in the branch of a `FORK` that it came from, where a `FUSE` needs it.
    pub(crate) rank: Option<String>,
    /// The last `SORT`, where a `LOOKUP JOIN` stands behind it: Elasticsearch keeps its order no longer. We do; the query is
    /// told to be the same there.
    pub(crate) order_lost: Option<Span>,
    /// Whether there is one row at most: `ROW`, or aggregates without groups.
    single: bool,
}

impl Rows {
    /// One row without columns.
    pub(crate) fn one() -> Rows {
        Rows::of(LogicalPlanBuilder::empty(true).plan().clone(), Scope::default()).singled()
    }

    /// The rows of a plan.
    pub(crate) fn of(plan: LogicalPlan, scope: Scope) -> Rows {
        Rows {
            plan,
            scope,
            order: Vec::new(),
            kept: Vec::new(),
            limited: false,
            sorted: None,
            rank: None,
            order_lost: None,
            single: false,
        }
    }

    /// The same rows, of which there is one at most.
    pub(crate) fn singled(self) -> Rows {
        Rows { single: true, ..self }
    }

    /// Whether there is one row at most.
    pub(crate) fn is_single(&self) -> bool {
        self.single
    }

    /// Says that there can be more than one row.
    pub(crate) fn multiplied(&mut self) {
        self.single = false;
    }

    /// Adds columns to the plan, not to the scope. Gives nothing where DataFusion refuses.
    pub(crate) fn extend(
        &mut self,
        added: Vec<(String, DfExpr)>,
        planner: &mut Planner<'_>,
        span: Span,
    ) {
        if added.is_empty() {
            return;
        }
        let known = self.plan.schema().columns().into_iter().map(DfExpr::Column);
        let new = added.into_iter().map(|(id, expr)| expr.alias(id));
        let exprs: Vec<DfExpr> = known.chain(new).collect();
        self.then(planner, span, |builder| builder.project(exprs));
    }

    /// Computes a column and gives it a name. A hole gives a column of nulls.
    pub(crate) fn compute(
        &mut self,
        name: &str,
        value: &Typed,
        planner: &mut Planner<'_>,
        span: Span,
    ) -> Column {
        let id = planner.id();
        let ty = if value.ty == DataType::Text && !matches!(value.expr, DfExpr::Column(_)) {
            DataType::Keyword
        } else {
            value.ty
        };
        self.extend(vec![(id.clone(), value.expr.clone())], planner, span);
        Column {
            name: name.to_owned(),
            id,
            ty,
            multi: value.multi,
            span,
            conflict: Vec::new(),
            constant: value.constant.clone(),
        }
    }

    /// Applies a step of DataFusion's builder.
    pub(crate) fn then(
        &mut self,
        planner: &mut Planner<'_>,
        span: Span,
        step: impl FnOnce(LogicalPlanBuilder) -> datafusion::common::Result<LogicalPlanBuilder>,
    ) {
        // After an error the plan is never run: the scope is all that matters.
        if planner.has_errors() {
            return;
        }
        let built =
            step(LogicalPlanBuilder::from(self.plan.clone())).and_then(LogicalPlanBuilder::build);
        if let Some(plan) = planner.built(span, built) {
            self.plan = plan;
        }
    }

    /// Keeps the rows for which a condition is true.
    pub(crate) fn filter(&mut self, condition: DfExpr, planner: &mut Planner<'_>, span: Span) {
        self.then(planner, span, |builder| builder.filter(condition));
    }

    /// Puts the rows into the order asked for and keeps the first of them: `count`, and no more than `cut`.
    pub(crate) fn limit(
        &mut self,
        count: Option<usize>,
        cut: Option<usize>,
        planner: &mut Planner<'_>,
        span: Span,
    ) {
        let fetch = count.into_iter().chain(cut).min();
        let order = std::mem::take(&mut self.order);
        if !order.is_empty() {
            self.kept.clone_from(&order);
            self.then(planner, span, |builder| builder.sort_with_limit(order, fetch));
        }
        if let Some(fetch) = fetch {
            self.then(planner, span, |builder| builder.limit(0, Some(fetch)));
        }
    }

    /// Turns a list column into one row for each of its values; a row without one stays.
    pub(crate) fn unnest(&mut self, ids: &[String], planner: &mut Planner<'_>, span: Span) {
        let columns: Vec<DfColumn> = ids.iter().map(DfColumn::new_unqualified).collect();
        self.then(planner, span, |builder| {
            builder
                .unnest_columns_with_options(columns, datafusion::common::UnnestOptions::default())
        });
    }

    /// The plan with the visible columns only, in their order and under names of their own.
    pub(crate) fn output(&self, planner: &mut Planner<'_>, span: Span) -> Option<LogicalPlan> {
        if planner.has_errors() {
            return None;
        }
        let exprs: Vec<DfExpr> = self
            .scope
            .columns()
            .iter()
            .enumerate()
            .map(|(at, column)| match column.ty {
                DataType::Unsupported => {
                    lit(datafusion::common::ScalarValue::Null).alias(format!("o{at}"))
                }
                _ => ident(&column.id).alias(format!("o{at}")),
            })
            .collect();
        let built = LogicalPlanBuilder::from(self.plan.clone())
            .project(exprs)
            .and_then(LogicalPlanBuilder::build);
        planner.built(span, built)
    }
}
