//! Rows from outside: tables, queries inside, lookup tables and policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::common::{Column as DfColumn, NullEquality, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{ExprFunctionExt as _, JoinType, LogicalPlanBuilder, lit};
use datafusion::prelude::{Expr as DfExpr, ident};

use super::expression::Operation;
use super::{Column, Planner, Rows, Scope, Typed};
use crate::ast::{Constant as Written, Expr, Index, Kind, Map, MapValue, Query};
use crate::catalog::{CatalogError, EqlRequest, PolicyKind, Table, TableColumn, TableRequest};
use crate::codes;
use crate::commands::{Enrich, Eql, LookupJoin};
use crate::functions::{Lists, lists};
use crate::types::DataType;

/// The metadata fields of Elasticsearch.
const METADATA: [&str; 8] =
    ["_id", "_ignored", "_index", "_index_mode", "_score", "_size", "_source", "_version"];

impl Planner<'_> {
    /// The rows behind names, with metadata fields.
    pub(crate) fn table(&mut self, indices: &[Index], metadata: &[String], span: Span) -> Rows {
        let metadata = self.metadata(metadata, span);
        let wanted = self.wanted.clone();
        let request = TableRequest { indices, metadata: &metadata, wanted: &wanted };
        match self.catalog.table(&request) {
            Ok(table) => self.scanned(&table, span),
            Err(error) => {
                let place = indices.first().map_or(span, |index| index.place.0);
                self.no_table(error, place, "index");
                self.nothing_known()
            }
        }
    }

    /// Rows of which nothing is known, so that one error does not become many.
    fn nothing_known(&mut self) -> Rows {
        let mut rows = Rows::one();
        rows.scope.open = true;
        rows
    }

    fn metadata(&mut self, names: &[String], span: Span) -> Vec<String> {
        for name in names {
            if !METADATA.contains(&name.as_str()) {
                let message = format!("unknown metadata field `{name}`");
                let help = format!("there are {}", METADATA.join(", "));
                self.error(Diagnostic::error(codes::UNKNOWN_COLUMN, span, message).help(help));
            }
        }
        names.iter().filter(|name| METADATA.contains(&name.as_str())).cloned().collect()
    }

    fn no_table(&mut self, error: CatalogError, span: Span, what: &str) {
        let diagnostic = match error {
            CatalogError::Unknown { name, similar } => {
                let diagnostic = Diagnostic::error(
                    codes::UNKNOWN_TABLE,
                    span,
                    format!("unknown {what} `{name}`"),
                );
                match similar.as_slice() {
                    [] => diagnostic.help("`--source NAME=PATH` names the files of an index, `--lookup NAME=PATH` a lookup table"),
                    close => diagnostic.help(format!("close are `{}`", close.join("`, `"))),
                }
            }
            CatalogError::Unreadable(why) => Diagnostic::error(codes::UNKNOWN_TABLE, span, why),
            CatalogError::Query(errors) => {
                let start = span.start as usize;
                for error in errors {
                    self.error(error.shifted(start));
                }
                return;
            }
        };
        self.error(diagnostic);
    }

    /// The rows of a table, each column under an id of its own, in the order that `FROM` gives: by name, then metadata.
    fn scanned(&mut self, table: &Table, span: Span) -> Rows {
        for remark in &table.remarks {
            self.warnings.note(remark);
        }
        let mut columns = table.columns.clone();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        columns.extend(table.metadata.iter().cloned());
        let (rows, _) = self.scan(table, columns, span);
        rows
    }

    fn scan(
        &mut self,
        table: &Table,
        columns: Vec<TableColumn>,
        span: Span,
    ) -> (Rows, Vec<Column>) {
        let name = self.id();
        let mut scope = Scope::default();
        scope.open = table.open;
        let mut exprs = Vec::with_capacity(columns.len());
        let mut named = Vec::with_capacity(columns.len());
        for column in columns {
            let id = self.id();
            let expr = match column.ty {
                DataType::Unsupported => lit(ScalarValue::Null),
                _ => DfExpr::Column(DfColumn::new(Some(name.clone()), &column.name)),
            };
            exprs.push(expr.alias(&id));
            let column = Column {
                name: column.name,
                id,
                ty: column.ty,
                multi: column.multi && column.ty != DataType::Unsupported,
                span,
                conflict: column.conflict,
                constant: None,
            };
            named.push(column.clone());
            scope.put(column);
        }
        let source = provider_as_source(Arc::clone(&table.provider));
        let built = LogicalPlanBuilder::scan(name, source, None)
            .and_then(|builder| builder.project(exprs))
            .and_then(LogicalPlanBuilder::build);
        match self.built(span, built) {
            Some(plan) => (Rows::of(plan, scope), named),
            None => {
                let mut rows = Rows::one();
                rows.scope = scope;
                (rows, named)
            }
        }
    }

    /// All rows of several, columns by name; a column that one does not have is null there.
    pub(crate) fn union(&mut self, parts: Vec<Rows>, span: Span) -> Rows {
        let mut columns: Vec<Column> = Vec::new();
        for column in parts.iter().flat_map(|rows| rows.scope.columns()) {
            match columns.iter_mut().find(|known| known.name == column.name) {
                None => columns.push(column.clone()),
                Some(known) => {
                    known.multi |= column.multi;
                    match known.ty.common(column.ty) {
                        Some(ty) => known.ty = ty,
                        None => {
                            let types = [known.ty.error_name(), column.ty.error_name()];
                            known.conflict = types.map(str::to_owned).to_vec();
                            known.ty = DataType::Unsupported;
                        }
                    }
                }
            }
        }
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|column| Column { id: self.id(), constant: None, ..column })
            .collect();
        let mut scope = Scope::default();
        scope.open = parts.iter().any(|rows| rows.scope.open);
        columns.iter().cloned().for_each(|column| scope.put(column));
        let mut plans = Vec::with_capacity(parts.len());
        for mut rows in parts {
            let exprs =
                columns.iter().map(|column| self.aligned(column, &rows)).collect::<Vec<_>>();
            rows.then(self, span, |builder| builder.project(exprs));
            plans.push(rows.plan);
        }
        let mut plans = plans.into_iter();
        let Some(first) = plans.next() else { return Rows::one() };
        let mut all = Rows::of(first, scope);
        for plan in plans {
            all.then(self, span, |builder| builder.union(plan));
        }
        all
    }

    /// A column of a union, from one of its parts.
    fn aligned(&mut self, column: &Column, rows: &Rows) -> DfExpr {
        let arrow = column.ty.arrow_column(column.multi);
        let expr = match rows.scope.get(&column.name) {
            Some(own) if own.ty != DataType::Unsupported && column.ty != DataType::Unsupported => {
                let typed = own.typed(own.span);
                let typed =
                    if typed.ty == DataType::Null { typed } else { self.widened(typed, column.ty) };
                if column.multi && typed.ty != DataType::Null {
                    self.listed(typed).expr
                } else if typed.ty == DataType::Null {
                    datafusion::logical_expr::cast(typed.expr, arrow)
                } else {
                    typed.expr
                }
            }
            _ => datafusion::logical_expr::cast(lit(ScalarValue::Null), arrow),
        };
        expr.alias(&column.id)
    }

    /// `WHERE value [NOT] IN (FROM ...)`
    pub(crate) fn in_query(
        &mut self,
        value: &Expr,
        query: &Query,
        negated: bool,
        rows: &mut Rows,
        span: Span,
    ) {
        let typed = self.expression(value, &rows.scope);
        let mut inner = self.query(query);
        inner.limit(None, None, self, span);
        let [column] = inner.scope.columns() else {
            let message = format!(
                "the query behind `IN` gives {} columns, one is needed",
                inner.scope.columns().len()
            );
            self.error(
                Diagnostic::error(codes::NOT_HERE, span, message)
                    .help("end it with `KEEP` and one name"),
            );
            return;
        };
        let right = column.typed(span);
        let Some(ty) = typed.ty.common(right.ty) else {
            self.cannot_meet(&typed, &right, span, "compared");
            return;
        };
        let id = self.id();
        let (typed, right) = (self.singled(typed, span), self.singled(right, span));
        let (typed, right) = (self.widened(typed, ty), self.widened(right, ty));
        let exprs = vec![right.expr.alias(&id)];
        inner.then(self, span, |builder| builder.project(exprs));
        let key = rows.compute("", &typed, self, span);
        let on = (vec![DfColumn::new_unqualified(&key.id)], vec![DfColumn::new_unqualified(&id)]);
        let plan = inner.plan;
        if negated {
            // A null on the left, or any on the right, makes the condition null.
            rows.filter(key.expr().is_not_null(), self, span);
        }
        let join = if negated { JoinType::LeftAnti } else { JoinType::LeftSemi };
        rows.then(self, span, |builder| builder.join(plan, join, on, None));
    }

    /// `EQL index "query"`
    pub(crate) fn eql(&mut self, eql: &Eql, span: Span) -> Rows {
        let names: Vec<String> = eql.metadata.iter().map(|name| name.text.clone()).collect();
        let metadata = self.metadata(&names, span);
        let options = self.options_of(eql.options.as_ref());
        let wanted = self.wanted.clone();
        let request = EqlRequest {
            indices: &eql.indices,
            query: &eql.query,
            metadata: &metadata,
            options: &options,
            wanted: &wanted,
        };
        match self.catalog.eql(&request) {
            Ok(table) => self.scanned(&table, span),
            Err(CatalogError::Query(errors)) => {
                // The text of the query begins behind its quotes.
                let place = eql.query_place.0;
                let raw = self.text_at(place).starts_with("\"\"\"");
                let start = place.start as usize + if raw { 3 } else { 1 };
                errors.into_iter().for_each(|error| self.error(error.shifted(start)));
                self.nothing_known()
            }
            Err(error) => {
                self.no_table(error, span, "index");
                self.nothing_known()
            }
        }
    }

    /// The options of a map, as texts.
    fn options_of(&mut self, map: Option<&Map>) -> Vec<(String, String)> {
        let mut options = Vec::new();
        for entry in map.iter().flat_map(|map| &map.entries) {
            match &entry.value {
                MapValue::Constant(Written::Text(text)) => {
                    options.push((entry.key.clone(), text.clone()));
                }
                MapValue::Constant(Written::Integer(number)) => {
                    options.push((entry.key.clone(), number.to_string()));
                }
                MapValue::Constant(Written::Boolean(flag)) => {
                    options.push((entry.key.clone(), flag.to_string()));
                }
                _ => {
                    let message = format!("option `{}` needs a text", entry.key);
                    self.wrong(codes::OPTION, entry.value_place.0, message);
                }
            }
        }
        options
    }

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
        if let Some(sort) = rows.sorted {
            self.warnings.remark(
                sort,
                "SORT is followed by a LOOKUP JOIN which does not preserve order; add another SORT after the LOOKUP JOIN if \
                 order is required",
            );
        }
        let mut columns = table.columns.clone();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let (right, _) = self.scan(&table, columns, span);
        let all_names = join.on.iter().all(|one| matches!(one.kind, Kind::Name(_)));
        let keys = if all_names {
            self.join_by_names(&join.on, rows, right, span)
        } else {
            self.join_by_condition(&join.on, rows, right, span)
        };
        rows.multiplied();
        for column in keys {
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
        let mut pairs = (Vec::new(), Vec::new());
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
            let key = key.typed(place);
            if left.hole {
                continue;
            }
            let Some(ty) = left.ty.common(key.ty) else {
                self.cannot_meet(&left, &key, place, "joined with");
                continue;
            };
            // A key that has several values matches nothing.
            let left = self.singled(left, place);
            let (left, key) = (self.widened(left, ty), self.widened(key, ty));
            let key = self.quietly_singled(key);
            pairs.0.push(DfColumn::new_unqualified(rows.compute("", &left, self, place).id));
            pairs.1.push(DfColumn::new_unqualified(right.compute("", &key, self, place).id));
        }
        self.joined_to(right, rows, pairs, span);
        added
    }

    /// Joins a table to the rows, which keep their order: the table is what is held in memory.
    fn joined_to(
        &mut self,
        table: Rows,
        rows: &mut Rows,
        (left, right): (Vec<DfColumn>, Vec<DfColumn>),
        span: Span,
    ) {
        let plan = table.plan;
        rows.then(self, span, |builder| {
            let on = (right, left);
            let rows = builder.build()?;
            LogicalPlanBuilder::from(plan).join_detailed(
                rows,
                JoinType::Right,
                on,
                None,
                NullEquality::NullEqualsNothing,
            )
        });
    }

    /// Joins by conditions over the columns of both sides; a name that both have is the left one's.
    fn join_by_condition(
        &mut self,
        on: &[Expr],
        rows: &mut Rows,
        right: Rows,
        span: Span,
    ) -> Vec<Column> {
        let added = right.scope.columns().to_vec();
        let mut conditions = Vec::new();
        let parts = on.iter().flat_map(|one| match &one.kind {
            Kind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(one),
        });
        for part in parts {
            let condition = match &part.kind {
                Kind::Compare(operator, left, second) => {
                    let left = self.join_side(left, &rows.scope, &right.scope);
                    let second = self.join_side(second, &right.scope, &rows.scope);
                    let (left, second) =
                        (self.singled(left, part.place.0), self.singled(second, part.place.0));
                    self.compare(*operator, left, second, part.place.0)
                }
                _ => {
                    let mut both = right.scope.clone();
                    rows.scope.columns().iter().cloned().for_each(|column| both.put(column));
                    self.condition(part, &both)
                }
            };
            conditions.push(condition.expr);
        }
        let plan = right.plan;
        rows.then(self, span, |builder| builder.join_on(plan, JoinType::Left, conditions));
        added
    }

    /// A side of a comparison in a join: a column of `own` before one of `other`.
    fn join_side(&mut self, expr: &Expr, own: &Scope, other: &Scope) -> Typed {
        let mut both = other.clone();
        own.columns().iter().cloned().for_each(|column| both.put(column));
        self.expression(expr, &both)
    }

    /// `ENRICH policy ON column WITH name = field, ...`
    pub(crate) fn enrich(&mut self, enrich: &Enrich, rows: &mut Rows, span: Span) {
        let policy = match self.catalog.policy(&enrich.policy.name) {
            Ok(policy) => policy,
            Err(error) => {
                self.no_table(error, enrich.policy.place.0, "enrich policy");
                rows.scope.open = true;
                return;
            }
        };
        if policy.kind == PolicyKind::Range {
            self.error(
                Diagnostic::error(
                    codes::NOT_IMPLEMENTED,
                    span,
                    "policies that match ranges are not implemented here",
                )
                .help("use a policy that matches equal values"),
            );
            return;
        }
        let (name, place) = match &enrich.on {
            Some(pattern) => (self.exact(pattern), pattern.place.0),
            None => (Some(policy.match_field.clone()), enrich.policy.place.0),
        };
        let Some(name) = name else { return };
        let left = self.named(&name, place, &rows.scope);
        let mut fields = Vec::new();
        for column in &enrich.with {
            let Some(field) = self.exact(&column.column) else { continue };
            let given = match &column.name {
                Some(name) => self.exact(name),
                None => Some(field.clone()),
            };
            fields.extend(given.map(|given| (given, field, column.column.place.0)));
        }
        if enrich.with.is_empty() {
            fields =
                policy.fields.iter().map(|field| (field.clone(), field.clone(), span)).collect();
        }
        self.enriched(&policy.table, &policy.match_field, left, &fields, rows, span);
    }

    /// Joins the fields of a policy, all values of a key in one list.
    fn enriched(
        &mut self,
        table: &Table,
        match_field: &str,
        left: Typed,
        fields: &[(String, String, Span)],
        rows: &mut Rows,
        span: Span,
    ) {
        let columns = table.columns.clone();
        let (mut right, _) = self.scan(table, columns, span);
        let key = self.named(match_field, span, &right.scope.clone());
        if left.hole || key.hole {
            return;
        }
        let Some(ty) = left.ty.common(key.ty) else {
            self.cannot_meet(&left, &key, span, "matched with");
            return;
        };
        let key = self.quietly_singled(key);
        let key = self.widened(key, ty);
        let key = right.compute("", &key, self, span);
        let left = self.singled(left, span);
        let left = self.widened(left, ty);
        let left = rows.compute("", &left, self, span);
        let mut names = BTreeSet::new();
        let mut aggregated = Vec::new();
        let mut added = Vec::new();
        for (name, field, place) in fields {
            let scope = right.scope.clone();
            let value = self.named(field, *place, &scope);
            if value.hole || !names.insert(name.clone()) {
                continue;
            }
            let id = self.id();
            let collected = self.collected(&value);
            aggregated.extend(collected.map(|expr| expr.alias(&id)));
            added.push(Column {
                name: name.clone(),
                id,
                ty: if value.ty == DataType::Text { DataType::Keyword } else { value.ty },
                multi: true,
                span: *place,
                conflict: Vec::new(),
                constant: None,
            });
        }
        if aggregated.is_empty() {
            return;
        }
        let keys = vec![ident(&key.id)];
        right.then(self, span, |builder| builder.aggregate(keys, aggregated));
        let on =
            (vec![DfColumn::new_unqualified(&left.id)], vec![DfColumn::new_unqualified(&key.id)]);
        self.joined_to(right, rows, on, span);
        added.into_iter().for_each(|column| rows.scope.put(column));
    }

    /// The one value of a key of a table; a key that has several matches nothing.
    fn quietly_singled(&mut self, key: Typed) -> Typed {
        if !key.multi {
            return key;
        }
        let (ty, span) = (key.ty, key.span);
        let body = lists(|args, _, out| {
            if let [[one]] = args {
                out.push(*one);
            }
            Ok(())
        });
        match body {
            Ok(body) => {
                let operation = Operation {
                    name: "single",
                    body,
                    lists: Lists::One,
                    returns: ty,
                    multi: false,
                    quiet: true,
                };
                self.apply(operation, vec![key], span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// All values of a column of a group, in one list.
    fn collected(&mut self, value: &Typed) -> Option<DfExpr> {
        let aggregate = crate::aggregates::by_name("VALUES")?;
        let args = [crate::functions::Arg {
            ty: value.ty,
            constant: value.constant.clone(),
            span: value.span,
        }];
        let call = crate::aggregates::AggregateCall {
            args: &args,
            exprs: vec![value.expr.clone()],
            multi: vec![value.multi],
            returns: value.ty,
            filter: None,
            site: self.site(value.span),
        };
        match (aggregate.plan)(&call) {
            Ok(expr) => Some(expr),
            Err(error) => {
                self.error(error);
                None
            }
        }
    }

    /// A key to sort by: the least of several values where the order is ascending, the greatest otherwise.
    pub(crate) fn sortable(&mut self, value: Typed, ascending: bool) -> Typed {
        if value.hole {
            return value;
        }
        let (ty, span) = (value.ty, value.span);
        if matches!(ty, DataType::Source | DataType::GeoPoint) || ty.is_timespan() {
            let message = format!("values of type {} have no order", ty.error_name());
            self.wrong(codes::TYPE, span, message);
            return Typed::hole(span);
        }
        if !value.multi && ty != DataType::Version {
            return value;
        }
        let body = lists(move |args, arena, out| {
            let better = |a: &crate::value::Value<'_>, b: &crate::value::Value<'_>| {
                let order = a.compare(b, ty).unwrap_or(std::cmp::Ordering::Equal);
                if ascending { order } else { order.reverse() }
            };
            if let Some(best) = args[0].iter().copied().min_by(better) {
                out.push(match best {
                    // Versions sort as texts once each is written so that its bytes have its order.
                    crate::value::Value::Text(text) if ty == DataType::Version => {
                        arena.text(&brokerwatch_ecs::version::sort_key(text))
                    }
                    other => other,
                });
            }
            Ok(())
        });
        match body {
            Ok(body) => {
                let operation = Operation {
                    name: "sort_key",
                    body,
                    lists: Lists::One,
                    returns: if ty == DataType::Version { DataType::Keyword } else { ty },
                    multi: false,
                    quiet: true,
                };
                self.apply(operation, vec![value], span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// `LIMIT count BY keys`: the first rows of each combination.
    pub(crate) fn limit_by(&mut self, count: usize, by: &[Expr], rows: &mut Rows, span: Span) {
        let mut keys = Vec::new();
        for key in by {
            let typed = self.expression(key, &rows.scope);
            let typed = self.singled(typed, key.place.0);
            keys.push(rows.compute("", &typed, self, key.place.0).expr());
        }
        let number = self.id();
        let order = rows.order.clone();
        let window = datafusion::functions_window::expr_fn::row_number();
        let built = window.partition_by(keys).order_by(order).build();
        let Some(window) = self.built(span, built) else { return };
        let alias = number.clone();
        rows.then(self, span, |builder| builder.window(vec![window.alias(alias)]));
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        rows.filter(ident(number).lt_eq(lit(count)), self, span);
    }

    /// A row for each value of a column.
    pub(crate) fn expand(&mut self, name: &str, typed: Typed, rows: &mut Rows, span: Span) {
        let sorted = !rows.order.is_empty();
        let column = rows.compute(name, &typed, self, span);
        let mut ids = vec![column.id.clone()];
        if sorted {
            // The values of a row keep their order among rows that are equal by the keys.
            let body = lists(|args, _, out| {
                out.extend(
                    (0..args[0].len())
                        .filter_map(|at| i32::try_from(at).ok())
                        .map(crate::value::Value::Integer),
                );
                Ok(())
            });
            if let Ok(body) = body {
                let operation = Operation {
                    name: "positions",
                    body,
                    lists: Lists::Many,
                    returns: DataType::Integer,
                    multi: true,
                    quiet: true,
                };
                let positions = self.apply(operation, vec![typed], span);
                let positions = rows.compute("", &positions, self, span);
                ids.push(positions.id.clone());
                rows.order.push(positions.expr().sort(true, false));
            }
        }
        rows.unnest(&ids, self, span);
        rows.scope.replace(name, Column { multi: false, constant: None, ..column });
    }

    /// Says that a pattern matches no column: a remark where any name is taken, else an error.
    pub(crate) fn no_match(&mut self, scope: &Scope, span: Span) {
        if scope.open {
            let message = format!("no event has a field that `{}` matches", self.text_at(span));
            self.warnings.remark(span, &message);
            return;
        }
        let message = format!("no column matches `{}`", self.text_at(span));
        self.error(
            Diagnostic::error(codes::UNKNOWN_COLUMN, span, message)
                .help("`*` stands for any text, dots included"),
        );
    }
}
