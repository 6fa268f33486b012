//! From the syntax tree to a plan of DataFusion: names, types, and what each command does with the rows.
//!
//! Analysis and lowering are one pass, because a command's columns are known only once the commands before it are
//! planned. Errors are collected; where something is wrong a hole takes its place, and what follows from a hole is not
//! reported. DataFusion never resolves one of our names: every column of a plan has an id of its own (`c7`), and the
//! scope says which id a name means at this point of the query.

mod call;
mod casing;
mod change;
mod disjunction;
mod enrich;
mod expression;
mod extract;
mod fields;
mod fuse;
mod groups;
mod inline;
mod lookup;
mod operator;
mod options;
mod resolve;
mod rows;
mod sample;
mod scope;
mod search;
mod table;
mod time_range;
mod wanted;

use std::collections::BTreeSet;
use std::sync::Arc;

use brokerwatch_ecs::Schema;
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::report::Report;
use brokerwatch_expr::{Diagnostic, Span};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::Expr as DfExpr;

pub use wanted::wanted;

pub(crate) use fields::{Glob, matching};
pub(crate) use groups::Groups;
pub(crate) use operator::conversion;
pub(crate) use rows::Rows;
pub(crate) use scope::{Column, Scope};

use crate::ast::{Constant, Expr, MapValue, Query, Statement, Step};
use crate::catalog::{Catalog, Wanted};
use crate::codes;
use crate::commands::Command;
use crate::functions::Zone;
use crate::limits::{ROWS_DEFAULT, ROWS_MAX};
use crate::types::DataType;
use crate::warnings::{Site, Warnings};

/// What a query is planned with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The one instant that `NOW()` gives, in milliseconds since the epoch.
    pub now_millis: i64,
    /// Whether a result is cut as in Elasticsearch: at 1,000 rows without a `LIMIT`, at 10,000 with one.
    pub cut: bool,
    /// The values of `?`, `?1`, `?name` and `??name`, each with its name if it has one.
    pub params: Vec<(Option<String>, crate::value::Constant)>,
    /// Whether a name that the sources do not have is null, whatever they say of themselves.
    pub nullify: bool,
}

/// A query that can run, any number of times.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The plan. Its columns stand in the order of `columns`, under names of their own.
    pub plan: LogicalPlan,
    /// The columns of the result.
    pub columns: Vec<OutputColumn>,
    /// The warnings so far; a run adds those of its rows.
    pub warnings: Arc<Warnings>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// The name.
    pub name: String,
    /// The type of its values.
    pub ty: DataType,
    /// Whether a row may have several values, so that the column is a list array.
    pub multi: bool,
    /// The types that conflict, where `ty` is [`DataType::Unsupported`].
    pub conflict: Vec<String>,
}

/// An expression with its type, ready for DataFusion.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// What computes it. Spans of time have no column: theirs is a null.
    pub(crate) expr: DfExpr,
    /// The type of its values.
    pub(crate) ty: DataType,
    /// Whether a row may have several values.
    pub(crate) multi: bool,
    /// Its value, if it is known.
    pub(crate) constant: Option<crate::value::Constant>,
    /// Where it stands.
    pub(crate) span: Span,
    /// Whether it cannot warn, so that DataFusion may move it.
    pub(crate) quiet: bool,
    /// Whether it stands for something that is wrong and was reported.
    pub(crate) hole: bool,
}

/// Plans a query, or gives all its errors in the order of the text.
pub fn plan(
    text: &str,
    statement: &Statement,
    catalog: &dyn Catalog,
    options: &Options,
) -> Result<Prepared, Vec<Diagnostic>> {
    let wanted = wanted(&statement.query);
    plan_first(text, statement, catalog, options, wanted, statement.query.commands.len(), None)
}

/// Rows of the source that a query never sees, as exceptions to a rule say.
pub struct LeftOut<'a> {
    /// The fields that tell such rows.
    pub fields: &'a BTreeSet<String>,
    /// Which rows these are, given the columns of the source as a schema.
    pub condition: &'a dyn Fn(&Schema) -> Condition,
}

/// Plans the source of a query with the `WHERE`s right behind it that mean the same at any time: the rows that the
/// query ever looks at, with the columns that the whole of it can use.
pub fn plan_leading(
    text: &str,
    statement: &Statement,
    catalog: &dyn Catalog,
    options: &Options,
    left_out: Option<&LeftOut<'_>>,
) -> Result<Prepared, Vec<Diagnostic>> {
    let leading = leading(text, statement).len();
    let options = Options { cut: false, ..options.clone() };
    // The time of a row decides its windows, whether the query speaks of it or not.
    let mut wanted = wanted(&statement.query);
    wanted.names.insert("@timestamp".to_owned());
    wanted.names.extend(left_out.iter().flat_map(|left_out| left_out.fields).cloned());
    plan_first(text, statement, catalog, &options, wanted, leading, left_out)
}

/// The `WHERE`s right behind the source of a query that mean the same at any time.
pub fn leading<'s>(text: &str, statement: &'s Statement) -> &'s [Step<Command>] {
    let timeless = |step: &&Step<Command>| match &step.node {
        // A filter that speaks of the present is another in each window.
        Command::Where(_) => !mentions_now(text, step.place.0),
        _ => false,
    };
    let commands = &statement.query.commands;
    &commands[..commands.iter().take_while(timeless).count()]
}

/// Plans the source of a query alone, with the columns that the whole of it can use, and `more`.
pub fn plan_source(
    text: &str,
    statement: &Statement,
    catalog: &dyn Catalog,
    options: &Options,
    more: &BTreeSet<String>,
) -> Result<Prepared, Vec<Diagnostic>> {
    let options = Options { cut: false, ..options.clone() };
    let mut wanted = wanted(&statement.query);
    wanted.names.insert("@timestamp".to_owned());
    wanted.names.extend(more.iter().cloned());
    plan_first(text, statement, catalog, &options, wanted, 0, None)
}

/// Whether `NOW` is a word of a part of the query. A text that has it counts as well: the filter is only not moved.
fn mentions_now(text: &str, span: Span) -> bool {
    let part = text.get(span.range()).unwrap_or_default().to_ascii_lowercase();
    part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| matches!(word, "now" | "kql" | "trange"))
}

/// Plans the source and the first commands.
fn plan_first(
    text: &str,
    statement: &Statement,
    catalog: &dyn Catalog,
    options: &Options,
    wanted: Wanted,
    count: usize,
    left_out: Option<&LeftOut<'_>>,
) -> Result<Prepared, Vec<Diagnostic>> {
    let warnings = Warnings::new(text);
    let mut planner = Planner {
        text,
        catalog,
        options: options.clone(),
        warnings: warnings.clone(),
        report: Report::new(codes::TOO_MANY_ERRORS, &[]),
        wanted,
        next_id: 0,
        next_param: 0,
        groups: None,
        grouping: false,
        aggregating: false,
        filter_keys: Vec::new(),
        zone: Zone::UTC,
        ranking: false,
    };
    planner.settings(statement);
    let query = &statement.query;
    let mut rows = query.source.node.plan(query.source.place.0, &mut planner);
    planner.commands(&query.commands[..count], &mut rows);
    if let Some(left_out) = left_out {
        planner.leave_out(left_out, query.source.place.0, &mut rows);
    }
    let prepared = planner.finish(rows);
    let errors = planner.report.finish();
    match prepared {
        Some((plan, columns)) if errors.is_empty() => Ok(Prepared { plan, columns, warnings }),
        _ => Err(errors),
    }
}

/// The state of planning one statement.
pub(crate) struct Planner<'a> {
    pub(crate) text: &'a str,
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) options: Options,
    pub(crate) warnings: Arc<Warnings>,
    report: Report,
    /// The columns that any part of the query can use.
    pub(crate) wanted: Wanted,
    next_id: u32,
    next_param: usize,
    /// The groups that an expression beside aggregates sees; none outside of `STATS`.
    pub(crate) groups: Option<Groups>,
    /// Whether a value behind `BY` is planned.
    pub(crate) grouping: bool,
    /// Whether the argument of an aggregate is planned.
    pub(crate) aggregating: bool,
    /// The keys of the groups, while the condition behind an aggregate is planned.
    filter_keys: Vec<(Expr, Column)>,
    /// The zone whose clocks and calendar count.
    pub(crate) zone: Zone,
    /// Whether the places of rows in the branches of a `FORK` count, because a `FUSE` follows.
    pub(crate) ranking: bool,
}

impl Planner<'_> {
    /// Reports an error.
    pub(crate) fn error(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Reports an error of `code` at a place.
    pub(crate) fn wrong(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.error(Diagnostic::error(code, span, message));
    }

    /// Whether anything is wrong so far.
    pub(crate) fn has_errors(&self) -> bool {
        !self.report.is_empty()
    }

    /// The text of a place.
    pub(crate) fn text_at(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A place whose failures are told.
    pub(crate) fn site(&self, span: Span) -> Site {
        Site { warnings: self.warnings.clone(), span }
    }

    /// An id that no other column of the statement has.
    pub(crate) fn id(&mut self) -> String {
        self.next_id += 1;
        format!("c{}", self.next_id)
    }

    /// What DataFusion made, or an error that names the place: DataFusion refusing what we built is a mistake of ours.
    pub(crate) fn built<T>(&mut self, span: Span, result: Result<T, DataFusionError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                // A plan with a hole may well be refused; the hole was reported.
                if !self.has_errors() {
                    self.error(
                        Diagnostic::error(
                            codes::REFUSED,
                            span,
                            format!("this cannot be run: {}", error.strip_backtrace()),
                        )
                        .help("this is a fault of the program; the query in another form may work"),
                    );
                }
                None
            }
        }
    }

    fn settings(&mut self, statement: &Statement) {
        for setting in &statement.settings {
            self.setting(setting);
        }
    }

    fn setting(&mut self, setting: &crate::ast::Setting) {
        let span = setting.place.0;
        let value = match &setting.value {
            MapValue::Constant(Constant::Text(text)) => Some(text.to_ascii_lowercase()),
            _ => None,
        };
        match (setting.name.text.to_ascii_lowercase().as_str(), value.as_deref()) {
            ("unmapped_fields", Some("nullify" | "load")) => self.options.nullify = true,
            ("unmapped_fields", Some("default" | "fail")) => {}
            ("unmapped_fields", _) => self.error(
                Diagnostic::error(codes::SETTING, span, "`unmapped_fields` has no such value")
                    .help("write \"default\", \"nullify\" or \"load\""),
            ),
            ("time_zone", _) => self.set_zone(&setting.value, span),
            // Where a query runs, not what it gives.
            ("project_routing" | "approximation", _) => {
                let message = format!("setting `{}` means nothing here", setting.name.text);
                self.warnings.remark(span, &message);
            }
            (name, _) => {
                let message = format!("unknown setting `{name}`");
                self.error(
                    Diagnostic::error(codes::SETTING, span, message)
                        .help("`unmapped_fields` and `time_zone` are known"),
                );
            }
        }
    }

    fn set_zone(&mut self, value: &MapValue, span: Span) {
        let id = match value {
            MapValue::Constant(Constant::Text(id)) => Some(id),
            _ => None,
        };
        match id.and_then(|id| Zone::parse(id)) {
            Some(zone) => self.zone = zone,
            None => self.error(
                Diagnostic::error(codes::SETTING, span, "`time_zone` names no time zone").help(
                    "write a region such as \"Europe/Berlin\" or an offset such as \"+02:00\"",
                ),
            ),
        }
    }

    /// Plans a query from its source on.
    pub(crate) fn query(&mut self, query: &Query) -> Rows {
        let mut rows = query.source.node.plan(query.source.place.0, self);
        self.commands(&query.commands, &mut rows);
        rows
    }

    /// Plans commands, one after the other.
    pub(crate) fn commands(&mut self, commands: &[Step<Command>], rows: &mut Rows) {
        for (at, step) in commands.iter().enumerate() {
            let fuses = |later: &Step<Command>| matches!(later.node, Command::Fuse(_));
            self.ranking = commands[at..].iter().any(fuses);
            step.node.plan(step.place.0, rows, self);
        }
        if let Some(sort) = rows.order_lost.take() {
            self.warnings.remark(
                sort,
                "SORT is followed by a LOOKUP JOIN which does not preserve order; add another SORT after the LOOKUP JOIN if \
                 order is required",
            );
        }
    }

    /// The whole plan: rows in order, cut, and only the columns of the result.
    fn finish(&mut self, mut rows: Rows) -> Option<(LogicalPlan, Vec<OutputColumn>)> {
        let whole = Span::new(0..self.text.len());
        let cut = self.options.cut.then_some(if rows.limited { ROWS_MAX } else { ROWS_DEFAULT });
        rows.limit(None, cut, self, whole);
        if self.options.cut && !rows.limited && !rows.is_single() {
            self.warnings.note("No limit defined, adding default limit of [1000]");
        }
        let plan = rows.output(self, whole)?;
        let columns = rows
            .scope
            .columns()
            .iter()
            .map(|column| OutputColumn {
                name: column.name.clone(),
                ty: column.ty,
                multi: column.multi
                    && column.ty.arrow() != datafusion::arrow::datatypes::DataType::Null,
                conflict: column.conflict.clone(),
            })
            .collect();
        Some((plan, columns))
    }
}
