//! `RERANK`: orders rows by a model's judgement.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Column, Map};
use crate::codes;
use crate::ast::Kind;
use crate::format::{columns, options, primary_column};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `RERANK [name =] "query" ON column, ... WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct Rerank {
    /// The query, a constant, and the name of the column with the scores.
    pub query: Column,
    /// The columns that are judged, one or more.
    pub on: Vec<Column>,
    /// The options.
    pub options: Option<Map>,
}

impl Rerank {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`RERANK` needs an inference endpoint", "sort the rows by a column");
    }
}

impl Syntax for Rerank {
    const WORDS: &'static [&'static str] = &["rerank"];
    const SUMMARY: &'static str = "orders rows by a model's judgement";
    const EXAMPLE: &'static str =
        r#"FROM docs | RERANK score = "broker" ON title, body WITH {"inference_id": "model"}"#;

    fn read(parser: &mut Parser<'_>) -> Rerank {
        let errors = parser.error_count();
        let query = parser.primary_column();
        if !matches!(query.value.kind, Kind::Constant(_)) && errors == parser.error_count() {
            let message = "the query of `RERANK` is no constant";
            parser.error(codes::UNEXPECTED, query.value.place.0, message, "write a text or a parameter");
        }
        parser.expect(TokenKind::On, "`ON`");
        Rerank { query, on: parser.columns(), options: parser.options() }
    }

    fn body(&self) -> Doc {
        row([
            primary_column(&self.query),
            Doc::Blank,
            text("ON "),
            columns(&self.on),
            options(self.options.as_ref()),
        ])
    }
}
