//! `INLINE STATS`: the results of groups joined to their rows.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::common::{Column as DfColumn, NullEquality, ScalarValue};
use datafusion::logical_expr::{JoinType, cast, lit};
use datafusion::prelude::{Expr as DfExpr, ident};

use super::expression::Operation;
use super::{Column, Planner, Rows, Typed};
use crate::aggregates::{self, AggregateCall};
use crate::ast::{Aggregate as WrittenAggregate, Column as Written};
use crate::codes;
use crate::functions::{self, Arg, Lists};
use crate::types::DataType;
use crate::value::{Constant, Scalar};

/// What the place in the list of one key weighs more than that in the next; lists are shorter.
const LIST_ORDER: f64 = 1e6;

impl Planner<'_> {
    /// Plans `INLINE STATS`: the groups joined to the rows.
    pub(crate) fn inline_stats(
        &mut self,
        aggregates: &[WrittenAggregate],
        by: &[Written],
        rows: &mut Rows,
        span: Span,
    ) {
        if rows.limited {
            self.error(
                Diagnostic::error(
                    codes::NOT_HERE,
                    span,
                    "`INLINE STATS` cannot stand behind `LIMIT`",
                )
                .help("limit the rows at the end"),
            );
        }
        self.shadowed(aggregates, by);
        let by = &self.last_of_each_name(by);
        // The keys become columns of the rows first, so that both sides of the join have them.
        let mut keyed = Vec::new();
        for column in by {
            let typed = self.grouping(column, rows);
            let name = self.name_of(column);
            keyed.push(rows.compute(&name, &typed, self, column.place.0));
        }
        let keys: Vec<Written> = by.clone();
        let mut right = rows.clone();
        let (group_keys, results) =
            self.grouped_by(aggregates, &keys, keyed.clone(), &mut right, span);
        let results = if keyed.iter().any(|key| key.multi && key.ty != DataType::Null) {
            self.join_lists(&keyed, &group_keys, results, rows, right, span)
        } else {
            self.join_groups(&keyed, &group_keys, &results, rows, right, span);
            results
        };
        results.into_iter().for_each(|column| rows.scope.put(column));
        keyed.into_iter().for_each(|column| rows.scope.put(column));
    }

    /// Joins the results of a group to its rows. All rows are one group where there are no keys.
    fn join_groups(
        &mut self,
        keys: &[Column],
        group_keys: &[Column],
        results: &[Column],
        rows: &mut Rows,
        mut groups: Rows,
        span: Span,
    ) {
        // The join needs other ids on its right side for the keys.
        let mut exprs: Vec<DfExpr> = results.iter().map(|column| ident(&column.id)).collect();
        let mut pairs = (Vec::new(), Vec::new());
        for (left, group) in keys.iter().zip(group_keys) {
            let id = self.id();
            exprs.push(ident(&group.id).alias(&id));
            pairs.0.push(DfColumn::new_unqualified(&left.id));
            pairs.1.push(DfColumn::new_unqualified(id));
        }
        groups.then(self, span, |builder| builder.project(exprs));
        let right = groups.plan;
        let is_whole = keys.is_empty();
        rows.then(self, span, |builder| {
            if is_whole {
                return builder.cross_join(right);
            }
            let nulls = NullEquality::NullEqualsNull;
            builder.join_detailed(right, JoinType::Left, pairs, None, nulls)
        });
    }

    /// Joins the results of all groups that a row with several values of a key is in: each result is the list of theirs.
    fn join_lists(
        &mut self,
        keys: &[Column],
        group_keys: &[Column],
        results: Vec<Column>,
        rows: &mut Rows,
        groups: Rows,
        span: Span,
    ) -> Vec<Column> {
        let whole = self.whole(keys.iter().map(|key| key.typed(key.span)).collect(), span);
        let whole = rows.compute("", &whole, self, span);
        // The lists of keys that there are, each once, with a row for each group.
        let mut asked = rows.clone();
        let mut order =
            Typed::constant(Constant::one(DataType::Double, Scalar::Double(0.0)), span).expr;
        let mut each = Vec::with_capacity(keys.len());
        for key in keys {
            let (value, place) = self.each_of(key, &mut asked, span);
            order = order * lit(LIST_ORDER) + place;
            each.push(value);
        }
        let (by, place) = (self.id(), self.id());
        let mut exprs = vec![ident(&whole.id).alias(&by), order.alias(&place)];
        exprs.extend(each.iter().map(Column::expr));
        asked.then(self, span, |builder| builder.project(exprs)?.distinct());
        self.join_groups(&each, group_keys, &results, &mut asked, groups, span);
        let place = Column { id: place, ty: DataType::Double, ..each_like(&whole) };
        let (mut gathered, mut aggregated) = (Vec::new(), Vec::new());
        for result in results {
            let id = self.id();
            if result.ty != DataType::Null {
                aggregated.push(self.gathered(&result, &place).alias(&id));
            }
            gathered.push(Column { id, multi: true, constant: None, ..result });
        }
        asked.then(self, span, |builder| builder.aggregate(vec![ident(&by)], aggregated));
        for column in gathered.iter().filter(|column| column.ty == DataType::Null) {
            asked.extend(vec![(column.id.clone(), lit(ScalarValue::Null))], self, span);
        }
        let plan = asked.plan;
        let on = (vec![DfColumn::new_unqualified(&whole.id)], vec![DfColumn::new_unqualified(by)]);
        rows.then(self, span, |builder| builder.join(plan, JoinType::Left, on, None));
        gathered
    }

    /// A row for each different value of a key: the value, and its place in the list.
    fn each_of(&mut self, key: &Column, rows: &mut Rows, span: Span) -> (Column, DfExpr) {
        if !key.multi || key.ty == DataType::Null {
            return (key.clone(), lit(0.0));
        }
        let values = self.operate("distinct", functions::lists::distinct(), key, key.ty, span);
        let values = rows.compute("", &values, self, span);
        let body = functions::lists::positions();
        let places = self.operate("positions", body, &values, DataType::Integer, span);
        let places = rows.compute("", &places, self, span);
        rows.unnest(&[values.id.clone(), places.id.clone()], self, span);
        let place = cast(places.expr(), datafusion::arrow::datatypes::DataType::Float64);
        // A row without a value has no place either.
        let place = datafusion::functions::core::expr_fn::coalesce(vec![place, lit(0.0)]);
        (Column { multi: false, constant: None, ..values }, place)
    }

    fn operate(
        &mut self,
        name: &'static str,
        body: functions::Body,
        of: &Column,
        returns: DataType,
        span: Span,
    ) -> Typed {
        let operation =
            Operation { name, body, lists: Lists::Many, returns, multi: true, quiet: true };
        let constant = Column { constant: None, ..of.clone() };
        self.apply(operation, vec![constant.typed(span)], span)
    }

    /// All values of a result of several groups.
    fn gathered(&mut self, result: &Column, place: &Column) -> DfExpr {
        let arg = |column: &Column| Arg { ty: column.ty, constant: None, span: column.span };
        let args = [arg(result), arg(place)];
        aggregates::gather(&AggregateCall {
            args: &args,
            exprs: vec![result.expr(), place.expr()],
            multi: vec![result.multi, false],
            returns: result.ty,
            filter: None,
            site: self.site(result.span),
        })
    }
}

/// A column of one value without a name, made where another is.
fn each_like(column: &Column) -> Column {
    Column { multi: false, constant: None, ..column.clone() }
}
