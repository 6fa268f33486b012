//! `STATS` and `INLINE STATS`: groups, aggregates inside of expressions, and the rows they leave.

use std::collections::BTreeMap;

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::{Expr as DfExpr, ident};

use super::expression::Operation;
use super::{Column, Planner, Rows, Scope, Typed};
use crate::aggregates::{Aggregate, AggregateCall};
use crate::ast::{
    Aggregate as WrittenAggregate, Args, Call, Column as Written, Expr, FunctionName, Kind,
};
use crate::codes;
use crate::functions::{self, Arg, Lists, Returns};
use crate::types::DataType;

/// What an expression beside aggregates sees, and the aggregates found in it so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// The columns of the rows before they are grouped; arguments of aggregates see these, and the keys.
    pub(crate) input: Scope,
    /// The keys: what was written, and the column.
    keys: Vec<(Expr, Column)>,
    /// Columns that are computed before the rows are grouped.
    before: Vec<(String, DfExpr)>,
    /// The aggregates, with the ids of their results.
    aggregates: Vec<(String, DfExpr)>,
    /// Which rows the aggregates of the expression count.
    filter: Option<DfExpr>,
    /// Scope of aggregate arguments: the input with the keys.
    arguments: Scope,
}

impl Groups {
    /// The keys as a scope of their own.
    pub(crate) fn key_scope(&self) -> Scope {
        let mut scope = Scope::default();
        self.keys.iter().for_each(|(_, column)| scope.put(column.clone()));
        scope
    }
}

impl Planner<'_> {
    /// The key of the groups that an expression is, if it is one.
    pub(crate) fn group_key(&self, expr: &Expr) -> Option<Typed> {
        let keys = match &self.groups {
            Some(groups) => &groups.keys,
            // The condition behind an aggregate computes what it says itself, but for `BUCKET`, which it cannot.
            None if is_bucket(expr) => &self.filter_keys,
            None => return None,
        };
        if matches!(expr.kind, Kind::Constant(_)) {
            return None;
        }
        let (_, column) = keys.iter().rev().find(|(written, _)| written == expr)?;
        Some(column.typed(expr.place.0))
    }

    /// Plans `STATS`.
    pub(crate) fn stats(
        &mut self,
        aggregates: &[WrittenAggregate],
        by: &[Written],
        rows: &mut Rows,
        span: Span,
    ) {
        self.shadowed(aggregates, by);
        let by = &self.last_of_each_name(by);
        let (keys, results) = self.grouped(aggregates, by, rows, span);
        let mut scope = Scope::default();
        results.into_iter().for_each(|column| scope.put(column));
        keys.into_iter().for_each(|column| scope.put(column));
        rows.scope = scope;
        rows.order = Vec::new();
        rows.sorted = None;
        rows.order_lost = None;
        if by.is_empty() {
            *rows = rows.clone().singled();
        } else {
            rows.multiplied();
        }
    }

    fn grouped(
        &mut self,
        aggregates: &[WrittenAggregate],
        by: &[Written],
        rows: &mut Rows,
        span: Span,
    ) -> (Vec<Column>, Vec<Column>) {
        let mut keys = Vec::new();
        for column in by {
            let typed = self.grouping(column, rows);
            let name = self.name_of(column);
            keys.push(rows.compute(&name, &typed, self, column.place.0));
        }
        self.grouped_by(aggregates, by, keys, rows, span)
    }

    /// A value behind `BY`.
    pub(super) fn grouping(&mut self, column: &Written, rows: &Rows) -> Typed {
        self.grouping = true;
        let typed = self.expression(&column.value, &rows.scope);
        self.grouping = false;
        if typed.ty == DataType::Source || typed.ty.is_timespan() {
            let message = format!("rows cannot be grouped by {}", typed.ty.error_name());
            self.wrong(codes::TYPE, typed.span, message);
            return Typed::hole(typed.span);
        }
        typed
    }

    /// The name of a column that may have none of its own.
    pub(crate) fn name_of(&mut self, column: &Written) -> String {
        match (&column.name, &column.value.kind) {
            (Some(name), _) => self.flat(name).unwrap_or_default(),
            (None, Kind::Name(name)) => self.flat(name).unwrap_or_default(),
            _ => column.text.clone(),
        }
    }

    /// Groups the rows by columns that are computed, and gives the columns of the keys and of the aggregates.
    pub(super) fn grouped_by(
        &mut self,
        aggregates: &[WrittenAggregate],
        by: &[Written],
        keys: Vec<Column>,
        rows: &mut Rows,
        span: Span,
    ) -> (Vec<Column>, Vec<Column>) {
        let mut arguments = rows.scope.clone();
        // The row's own list is what aggregates read; its single values are what the rows are grouped by.
        let own: Vec<(Written, Column)> = by.iter().cloned().zip(keys.iter().cloned()).collect();
        for (_, column) in &own {
            arguments.put(column.clone());
        }
        let keys = self.separated(keys, rows, span);
        let groups = Groups {
            input: rows.scope.clone(),
            keys: by.iter().map(|column| column.value.clone()).zip(keys.iter().cloned()).collect(),
            arguments,
            ..Groups::default()
        };
        self.groups = Some(groups);
        let mut planned = Vec::new();
        for aggregate in aggregates {
            let name = self.aggregate_name(aggregate);
            self.set_filter(aggregate, rows);
            let typed = self.expression(&aggregate.column.value, &Scope::default());
            planned.push((name, typed, aggregate.column.place.0));
        }
        let groups = self.groups.take().unwrap_or_default();
        rows.extend(groups.before, self, span);
        let key_exprs: Vec<DfExpr> = distinct_ids(&keys).into_iter().map(ident).collect();
        let aggregated: Vec<DfExpr> =
            groups.aggregates.into_iter().map(|(id, expr)| expr.alias(id)).collect();
        rows.then(self, span, |builder| group(builder, key_exprs, aggregated));
        let results = planned
            .into_iter()
            .map(|(name, typed, place)| rows.compute(&name, &typed, self, place))
            .collect();
        (keys, results)
    }

    /// The keys without those that a later one of the same name replaces.
    pub(super) fn last_of_each_name(&mut self, by: &[Written]) -> Vec<Written> {
        let names: Vec<String> = by.iter().map(|column| self.name_of(column)).collect();
        by.iter()
            .enumerate()
            .filter(|(at, _)| !names[at + 1..].contains(&names[*at]))
            .map(|(_, column)| column.clone())
            .collect()
    }

    fn set_filter(&mut self, aggregate: &WrittenAggregate, rows: &Rows) {
        let groups = self.groups.take();
        let arguments =
            groups.as_ref().map_or_else(|| rows.scope.clone(), |groups| groups.arguments.clone());
        self.filter_keys = groups.as_ref().map(|groups| groups.keys.clone()).unwrap_or_default();
        let filter =
            aggregate.filter.as_ref().map(|filter| self.row_condition(filter, &arguments).expr);
        self.filter_keys.clear();
        self.groups = groups.map(|groups| Groups { filter, ..groups });
    }

    fn aggregate_name(&mut self, aggregate: &WrittenAggregate) -> String {
        if aggregate.column.name.is_none() && !aggregate.text.is_empty() {
            return aggregate.text.clone();
        }
        self.name_of(&aggregate.column)
    }

    /// Gives a row with several values of a key one row for each distinct one.
    pub(super) fn separated(
        &mut self,
        keys: Vec<Column>,
        rows: &mut Rows,
        span: Span,
    ) -> Vec<Column> {
        let mut separated = Vec::with_capacity(keys.len());
        for key in keys {
            if !key.multi || key.ty == DataType::Null {
                separated.push(key);
                continue;
            }
            let ty = key.ty;
            let body = functions::lists::distinct();
            let operation = Operation {
                name: "distinct",
                body,
                lists: Lists::Many,
                returns: ty,
                multi: true,
                quiet: true,
            };
            let typed = self.apply(operation, vec![key.typed(key.span)], key.span);
            let column = rows.compute(&key.name, &typed, self, key.span);
            rows.unnest(std::slice::from_ref(&column.id), self, span);
            separated.push(Column { multi: false, constant: None, ..column });
        }
        separated
    }

    /// Tells which names are lost because a later one is the same.
    pub(super) fn shadowed(&mut self, aggregates: &[WrittenAggregate], by: &[Written]) {
        let mut last: BTreeMap<String, Span> = BTreeMap::new();
        let mut names: Vec<(String, Span)> = Vec::new();
        for aggregate in aggregates {
            let span = aggregate.filter.as_ref().map_or(aggregate.column.place.0, |filter| {
                aggregate.column.place.0.to(filter.place.0)
            });
            names.push((self.aggregate_name(aggregate), span));
        }
        for column in by {
            names.push((self.name_of(column), column.place.0));
        }
        for (name, span) in &names {
            last.insert(name.clone(), *span);
        }
        for (name, span) in names {
            if let Some(winner) = last.get(&name).filter(|winner| **winner != span) {
                let place = self.warnings.place(*winner);
                let message =
                    format!("Field '{name}' shadowed by field at {}", place.to_lowercase());
                self.warnings.remark(span, &message);
            }
        }
    }

    /// Plans an aggregate inside of `STATS`.
    pub(crate) fn aggregate(
        &mut self,
        aggregate: &'static Aggregate,
        call: &Call,
        span: Span,
    ) -> Typed {
        let Some(mut groups) = self.groups.take() else {
            let message = format!("the aggregate `{}` stands only in `STATS`", aggregate.name);
            self.error(
                Diagnostic::error(codes::NOT_HERE, span, message)
                    .help("aggregate first: `STATS name = ... BY ...`, then use the name; `MV_...` functions work on the values of one row"),
            );
            return Typed::hole(span);
        };
        let values: &[Expr] = match &call.args {
            Args::All => &[],
            Args::List { values, .. } => values,
        };
        let arguments = groups.arguments.clone();
        self.aggregating = true;
        let args: Vec<Typed> =
            values.iter().map(|value| self.expression(value, &arguments)).collect();
        self.aggregating = false;
        let planned =
            self.aggregate_call(aggregate, args, matches!(call.args, Args::All), &mut groups, span);
        self.groups = Some(groups);
        planned.unwrap_or(Typed::hole(span))
    }

    fn aggregate_call(
        &mut self,
        aggregate: &'static Aggregate,
        args: Vec<Typed>,
        all: bool,
        groups: &mut Groups,
        span: Span,
    ) -> Option<Typed> {
        if all && aggregate.name != "COUNT" {
            let message = format!("`{}` does not take `*`", aggregate.name);
            self.error(Diagnostic::error(codes::ARITY, span, message).help("only `COUNT(*)` does"));
            return None;
        }
        if !self.arity(aggregate.name, aggregate.params, args.len(), span)
            || args.iter().any(|arg| arg.hole)
        {
            return None;
        }
        let (args, returns) =
            self.arguments(aggregate.name, aggregate.params, aggregate.returns, args)?;
        let described: Vec<Arg> = args
            .iter()
            .map(|arg| Arg { ty: arg.ty, constant: arg.constant.clone(), span: arg.span })
            .collect();
        let multi: Vec<bool> = args.iter().map(|arg| arg.multi).collect();
        // What is made of no value at all has the type of null, where it has no type of its own.
        let of_null = args.first().is_some_and(|first| first.ty == DataType::Null);
        if of_null && !matches!(aggregate.returns, Returns::Always(_)) {
            return Some(Typed::null(span));
        }
        let mut exprs = Vec::with_capacity(args.len());
        for arg in args {
            exprs.push(match arg.expr {
                column @ DfExpr::Column(_) => column,
                computed => {
                    let id = self.id();
                    groups.before.push((id.clone(), computed));
                    ident(id)
                }
            });
        }
        let gives_lists = aggregate.gives_lists(&multi);
        let call = AggregateCall {
            args: &described,
            exprs,
            multi,
            returns,
            filter: groups.filter.clone(),
            site: self.site(span),
        };
        match (aggregate.plan)(&call) {
            Ok(expr) => {
                let id = self.id();
                groups.aggregates.push((id.clone(), expr));
                let column = Column {
                    name: String::new(),
                    id,
                    ty: returns,
                    multi: gives_lists,
                    span,
                    conflict: Vec::new(),
                    constant: None,
                };
                Some(column.typed(span))
            }
            Err(error) => {
                self.error(error);
                None
            }
        }
    }
}

/// Whether an expression is a call of `BUCKET`, in whichever form.
fn is_bucket(expr: &Expr) -> bool {
    let Kind::Call(call) = &expr.kind else { return false };
    let FunctionName::Text(name) = &call.name else { return false };
    ["BUCKET", "BIN", "TBUCKET"].iter().any(|bucket| name.eq_ignore_ascii_case(bucket))
}

fn distinct_ids(keys: &[Column]) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::with_capacity(keys.len());
    for key in keys {
        if !ids.contains(&key.id.as_str()) {
            ids.push(&key.id);
        }
    }
    ids
}

fn group(
    builder: LogicalPlanBuilder,
    keys: Vec<DfExpr>,
    aggregates: Vec<DfExpr>,
) -> datafusion::common::Result<LogicalPlanBuilder> {
    match (keys.is_empty(), aggregates.is_empty()) {
        // Only constants are asked for, of one group of all rows: one row comes out.
        (true, true) => Ok(LogicalPlanBuilder::empty(true)),
        (false, true) => builder.project(keys)?.distinct(),
        _ => builder.aggregate(keys, aggregates),
    }
}
