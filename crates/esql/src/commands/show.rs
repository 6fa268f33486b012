//! `SHOW INFO`: one row about the program that answers.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows, Typed};
use crate::types::DataType;
use crate::value::Constant;
use super::Syntax;
use crate::layout::{Doc, text};
use crate::parser::Parser;

/// `SHOW INFO`
#[derive(Debug, Clone, PartialEq)]
pub struct Show;

impl Show {
    /// One row about the program.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        let mut rows = Rows::one();
        for (name, value) in [("version", env!("CARGO_PKG_VERSION")), ("date", ""), ("hash", "")] {
            let constant = if value.is_empty() {
                Constant { ty: DataType::Keyword, values: Vec::new() }
            } else {
                Constant::text(value)
            };
            let column = rows.compute(name, &Typed::constant(constant, span), planner, span);
            rows.scope.put(column);
        }
        rows
    }
}

impl Syntax for Show {
    const WORDS: &'static [&'static str] = &["show"];
    const SUMMARY: &'static str = "gives one row about the program that answers";
    const EXAMPLE: &'static str = "SHOW INFO | KEEP version";

    fn read(parser: &mut Parser<'_>) -> Show {
        parser.expect_word("info", "`INFO`");
        Show
    }

    fn body(&self) -> Doc {
        text("INFO")
    }
}
