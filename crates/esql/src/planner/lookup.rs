//! `LOOKUP JOIN`: the rows of a table that match, beside the rows.

use brokerwatch_expr::Span;
use datafusion::common::{Column as DfColumn, NullEquality};
use datafusion::logical_expr::{JoinType, LogicalPlanBuilder};
use datafusion::prelude::Expr as DfExpr;

use super::expression::Operation;
use super::{Column, Planner, Rows, Scope, Typed};
use crate::ast::{Comparison, Expr, Kind};
use crate::commands::LookupJoin;
use crate::functions::{Lists, lists};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// What a table is joined on.
#[derive(Default)]
pub(super) struct On {
    /// Equal columns of the rows and of the table.
    pub(super) equal: Vec<(String, String)>,
    /// What else has to be true.
    pub(super) conditions: Vec<DfExpr>,
}

impl Planner<'_> {
    /// `LOOKUP JOIN table ON ...`
    pub(crate) fn lookup_join(&mut self, join: &LookupJoin, rows: &mut Rows, span: Span) {
        let table = match self.catalog.lookup(&join.index.name) {
            Ok(table) => table,
            Err(error) => {
                self.no_table(error, join.index.place.0, "lookup table");
                rows.scope.open = true;
                return;
            }
        };
        rows.order_lost = rows.sorted;
        let mut columns = table.columns.clone();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let (right, _) = self.scan(&table, columns, span);
        let all_names = join.on.iter().all(|one| matches!(one.kind, Kind::Name(_)));
        let added = if all_names {
            self.join_by_names(&join.on, rows, right, span)
        } else {
            self.join_by_condition(&join.on, rows, right, span)
        };
        rows.multiplied();
        for column in added {
            rows.scope.put(column);
        }
    }

    /// Joins by columns that both sides have; gives the columns to add.
    fn join_by_names(
        &mut self,
        on: &[Expr],
        rows: &mut Rows,
        mut right: Rows,
        span: Span,
    ) -> Vec<Column> {
        let mut keys = On::default();
        let mut added = right.scope.columns().to_vec();
        for one in on {
            let Kind::Name(name) = &one.kind else { continue };
            let Some(flat) = self.flat(name) else { continue };
            let place = one.place.0;
            let left = self.named(&flat, place, &rows.scope);
            let Some(key) = right.scope.get(&flat).cloned() else {
                let scope = right.scope.clone();
                self.unknown_column(&scope, &flat, place);
                continue;
            };
            added.retain(|column| column.name != flat);
            self.equal_keys(left, key.typed(place), &mut keys, rows, &mut right, span);
        }
        self.joined_to(right, rows, keys, span);
        added
    }

    /// Makes two values the keys of a join. A list matches nothing and warns: one of the rows at once, one of the table
    /// where one of its values is asked for.
    fn equal_keys(
        &mut self,
        left: Typed,
        right: Typed,
        on: &mut On,
        rows: &mut Rows,
        table: &mut Rows,
        span: Span,
    ) {
        if left.hole || right.hole {
            return;
        }
        let place = left.span;
        let Some(ty) = left.ty.common(right.ty) else {
            self.cannot_meet(&left, &right, place, "joined with");
            return;
        };
        let left = self.one_key(left, span);
        let left = self.widened(left, ty);
        let left = rows.compute("", &left, self, place);
        let lists = right.multi && right.ty != DataType::Null;
        let right = if lists { self.each_key(&right, &left, on, table, span) } else { right };
        let right = self.widened(right, ty);
        on.equal.push((left.id, table.compute("", &right, self, place).id));
    }

    /// The values of a table's key one a row; a pair that meets through one of several is no match, and is told.
    fn each_key(
        &mut self,
        key: &Typed,
        left: &Column,
        on: &mut On,
        table: &mut Rows,
        span: Span,
    ) -> Typed {
        let place = key.span;
        let whole = table.compute("", key, self, place);
        let each = table.compute("", key, self, place);
        table.unnest(std::slice::from_ref(&each.id), self, place);
        // The rows' key is an argument so that the pairs are asked, and not the whole table.
        let body = lists(|args, _, out| {
            if 1 < args[0].len() {
                return Err(several());
            }
            out.push(Value::Boolean(true));
            Ok(())
        });
        let args = vec![whole.typed(span), left.typed(span)];
        on.conditions
            .push(self.made("one_key", body, Lists::One, DataType::Boolean, args, span).expr);
        Column { multi: false, constant: None, ..each }.typed(place)
    }

    /// The one value of a key of the rows; null, with the warning of the command, where there are several.
    fn one_key(&mut self, key: Typed, span: Span) -> Typed {
        if !key.multi {
            return key;
        }
        let body = lists(|args, _, out| {
            if 1 < args[0].len() {
                return Err(several());
            }
            out.extend_from_slice(args[0]);
            Ok(())
        });
        let ty = key.ty;
        self.made("one_key", body, Lists::One, ty, vec![key], span)
    }

    /// A call of a body of our own that may warn.
    pub(super) fn made(
        &mut self,
        name: &'static str,
        body: Result<crate::functions::Body, brokerwatch_expr::Diagnostic>,
        lists: Lists,
        returns: DataType,
        args: Vec<Typed>,
        span: Span,
    ) -> Typed {
        match body {
            Ok(body) => {
                let operation =
                    Operation { name, body, lists, returns, multi: false, quiet: false };
                self.apply(operation, args, span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// Joins a table to the rows, which keep their order: the table is what is held in memory.
    pub(super) fn joined_to(&mut self, table: Rows, rows: &mut Rows, on: On, span: Span) {
        let plan = table.plan;
        rows.then(self, span, |builder| {
            if on.equal.is_empty() {
                return builder.join_on(plan, JoinType::Left, on.conditions);
            }
            let (left, right): (Vec<DfColumn>, Vec<DfColumn>) = on
                .equal
                .iter()
                .map(|(left, right)| {
                    (DfColumn::new_unqualified(left), DfColumn::new_unqualified(right))
                })
                .unzip();
            let rows = builder.build()?;
            LogicalPlanBuilder::from(plan).join_detailed(
                rows,
                JoinType::Right,
                (right, left),
                on.conditions.into_iter().reduce(DfExpr::and),
                NullEquality::NullEqualsNothing,
            )
        });
    }

    /// Joins by conditions over the columns of both sides; a name that both have is the left one's.
    fn join_by_condition(
        &mut self,
        on: &[Expr],
        rows: &mut Rows,
        mut right: Rows,
        span: Span,
    ) -> Vec<Column> {
        let added = right.scope.columns().to_vec();
        let mut keys = On::default();
        let parts = on.iter().flat_map(|one| match &one.kind {
            Kind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(one),
        });
        for part in parts {
            match &part.kind {
                Kind::Compare(operator, left, second) => {
                    self.join_comparison(
                        *operator,
                        (left, second),
                        &mut keys,
                        rows,
                        &mut right,
                        span,
                    );
                }
                _ => {
                    let mut both = right.scope.clone();
                    rows.scope.columns().iter().cloned().for_each(|column| both.put(column));
                    keys.conditions.push(self.condition(part, &both).expr);
                }
            }
        }
        self.joined_to(right, rows, keys, span);
        added
    }

    /// One comparison of a join. Equal columns are keys; everything else is asked of each pair.
    fn join_comparison(
        &mut self,
        operator: Comparison,
        (first, second): (&Expr, &Expr),
        on: &mut On,
        rows: &mut Rows,
        table: &mut Rows,
        span: Span,
    ) {
        let is_ours = self.is_of(first, &rows.scope);
        let is_theirs = self.is_of(second, &table.scope);
        let left = self.join_side(first, &rows.scope, &table.scope);
        let right = self.join_side(second, &table.scope, &rows.scope);
        if is_ours && is_theirs && operator == Comparison::Equal {
            self.equal_keys(left, right, on, rows, table, span);
            return;
        }
        let place = first.place.0.to(second.place.0);
        let left = if is_ours { self.one_key(left, span) } else { self.quietly_singled(left) };
        let right = self.quietly_singled(right);
        on.conditions.push(self.compare(operator, left, right, place).expr);
    }

    /// Whether an expression is a column of a side.
    fn is_of(&mut self, expr: &Expr, scope: &Scope) -> bool {
        match &expr.kind {
            Kind::Name(name) => self.flat(name).is_some_and(|name| scope.get(&name).is_some()),
            _ => false,
        }
    }

    /// A side of a comparison in a join: a column of `own` before one of `other`.
    fn join_side(&mut self, expr: &Expr, own: &Scope, other: &Scope) -> Typed {
        let mut both = other.clone();
        own.columns().iter().cloned().for_each(|column| both.put(column));
        self.expression(expr, &both)
    }

    /// The one value of a key of a table; a key that has several matches nothing.
    fn quietly_singled(&mut self, key: Typed) -> Typed {
        if !key.multi {
            return key;
        }
        let body = lists(|args, _, out| {
            if let [[one]] = args {
                out.push(*one);
            }
            Ok(())
        });
        let (ty, span) = (key.ty, key.span);
        let single = self.made("single", body, Lists::One, ty, vec![key], span);
        Typed { quiet: true, ..single }
    }
}

/// What Elasticsearch says of a key with several values.
fn several() -> Failure {
    Failure::argument("LOOKUP JOIN encountered multi-value")
}
