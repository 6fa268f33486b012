//! `EVAL`: computes columns.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::Column;
use crate::format::columns;
use crate::layout::Doc;
use crate::parser::Parser;

/// `EVAL name = value, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Eval {
    /// The columns, each of which sees those before it.
    pub columns: Vec<Column>,
}

impl Eval {
    /// Adds the columns, each of which sees those before it.
    pub(crate) fn plan(&self, _: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        for column in &self.columns {
            let place = column.place.0;
            let value = planner.expression(&column.value, &rows.scope);
            let name = planner.name_of(column);
            if value.ty.is_timespan() {
                planner.refuse(place, "a span of time cannot be a column", "add it to a moment: `@timestamp - 1 day`");
            }
            let column = rows.compute(&name, &value, planner, place);
            rows.scope.put(column);
        }
    }
}

impl Syntax for Eval {
    const WORDS: &'static [&'static str] = &["eval"];
    const SUMMARY: &'static str = "computes columns";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | EVAL kib = bytes / 1024, topic = TO_LOWER(mqtt.topic)";

    fn read(parser: &mut Parser<'_>) -> Eval {
        Eval { columns: parser.columns() }
    }

    fn body(&self) -> Doc {
        columns(&self.columns)
    }
}
