//! Rows from outside: tables, queries inside, lookup tables and policies.

use std::sync::Arc;

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::common::{Column as DfColumn, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{ExprFunctionExt as _, JoinType, LogicalPlanBuilder, lit};
use datafusion::prelude::{Expr as DfExpr, ident};

use super::expression::Operation;
use super::{Column, Planner, Rows, Scope, Typed};
use crate::ast::{Constant as Written, Expr, Index, Map, MapValue, Query};
use crate::catalog::{CatalogError, EqlRequest, Table, TableColumn, TableRequest};
use crate::codes;
use crate::commands::Eql;
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
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                let message = format!("metadata field `{name}` is named twice");
                self.error(
                    Diagnostic::error(codes::UNKNOWN_COLUMN, span, message)
                        .help("leave one of them out"),
                );
            }
            if !METADATA.contains(&name.as_str()) {
                let message = format!("unknown metadata field `{name}`");
                let help = format!("there are {}", METADATA.join(", "));
                self.error(Diagnostic::error(codes::UNKNOWN_COLUMN, span, message).help(help));
            }
        }
        names.iter().filter(|name| METADATA.contains(&name.as_str())).cloned().collect()
    }

    pub(super) fn no_table(&mut self, error: CatalogError, span: Span, what: &str) {
        let diagnostic = match error {
            CatalogError::Unknown { name, similar } => {
                let diagnostic = Diagnostic::error(
                    codes::UNKNOWN_TABLE,
                    span,
                    format!("unknown {what} `{name}`"),
                );
                match similar.as_slice() {
                    [] => diagnostic.help(match what {
                        "enrich policy" => {
                            "`--policy NAME=PATH` names the file of a policy, `--policy NAME=PATH:FIELD` also the field that is matched"
                        }
                        "lookup table" => "`--lookup NAME=PATH` names the file of a lookup table",
                        _ => "`--source NAME=PATH` names the files of an index",
                    }),
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
        let (mut rows, _) = self.scan(table, columns, span);
        rows.scope.are_documents();
        rows
    }

    pub(super) fn scan(
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
            let nulls = LogicalPlanBuilder::from(plan.clone()).filter(ident(&id).is_null());
            let nulls = nulls.and_then(|builder| builder.limit(0, Some(1))?.build());
            if let Some(nulls) = self.built(span, nulls) {
                rows.then(self, span, |builder| {
                    builder.join_on(nulls, JoinType::LeftAnti, [lit(true)])
                });
            }
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

    /// A key to sort by: the least of several values where the order is ascending, the greatest otherwise.
    pub(crate) fn sortable(&mut self, value: Typed, ascending: bool) -> Typed {
        if value.hole {
            return value;
        }
        let (ty, span) = (value.ty, value.span);
        if ty == DataType::Source || ty.is_spatial() || ty.is_timespan() {
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

    /// `LIMIT count BY keys`: the first rows of each combination. A list is one key as a whole.
    pub(crate) fn limit_by(&mut self, count: usize, by: &[Expr], rows: &mut Rows, span: Span) {
        let mut keys = Vec::new();
        for key in by {
            let typed = self.expression(key, &rows.scope);
            keys.push(rows.compute("", &typed, self, key.place.0).expr());
        }
        let number = self.id();
        let order = rows.order.clone();
        let window = datafusion::functions_window::expr_fn::row_number();
        let window = window.partition_by(keys);
        let window = if order.is_empty() { window } else { window.order_by(order) };
        let built = window.build();
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
            let operation = Operation {
                name: "positions",
                body: crate::functions::lists::positions(),
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
