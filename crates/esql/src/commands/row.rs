//! `ROW`: one row of values.

use brokerwatch_expr::Span;

use super::Eval;
use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::Column;
use crate::format::columns;
use crate::layout::Doc;
use crate::parser::Parser;

/// `ROW name = value, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The columns.
    pub columns: Vec<Column>,
}

impl Row {
    /// One row with these columns.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        let mut rows = Rows::one();
        Eval { columns: self.columns.clone() }.plan(span, &mut rows, planner);
        rows
    }
}

impl Syntax for Row {
    const WORDS: &'static [&'static str] = &["row"];
    const SUMMARY: &'static str = "gives one row of values";
    const EXAMPLE: &'static str = r#"ROW port = 1883, names = ["mqtt", "mqtts"], keep_alive = 1 minute"#;

    fn read(parser: &mut Parser<'_>) -> Row {
        Row { columns: parser.columns() }
    }

    fn body(&self) -> Doc {
        columns(&self.columns)
    }
}
