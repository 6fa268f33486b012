//! `MMR`: picks rows that differ from each other.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Constant, Expr, Map, Name, Place};
use crate::format::{Level, constant, expr, name, options};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `MMR [vector] ON column LIMIT count WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct Mmr {
    /// The vector that rows are compared with.
    pub vector: Option<Expr>,
    /// The column with the vectors of the rows.
    pub on: Name,
    /// How many rows.
    pub limit: Constant,
    /// Where the limit stands.
    pub limit_place: Place,
    /// The options.
    pub options: Option<Map>,
}

impl Mmr {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`MMR` needs vectors", "leave it out, or run the query on Elasticsearch");
    }
}

impl Syntax for Mmr {
    const WORDS: &'static [&'static str] = &["mmr"];
    const SUMMARY: &'static str = "picks rows that differ from each other";
    const EXAMPLE: &'static str = r#"FROM docs | MMR [0.5, 0.4] ON embedding LIMIT 10 WITH {"lambda": 0.5}"#;

    fn read(parser: &mut Parser<'_>) -> Mmr {
        let vector = (!parser.at(TokenKind::On)).then(|| parser.primary_value());
        parser.expect(TokenKind::On, "`ON`");
        let on = parser.name();
        parser.expect_word("limit", "`LIMIT`");
        let start = parser.here();
        let limit = parser.signed_constant("a number of rows");
        let limit_place = parser.since(start);
        Mmr { vector, on, limit, limit_place, options: parser.options() }
    }

    fn body(&self) -> Doc {
        let mut parts = Vec::new();
        if let Some(vector) = &self.vector {
            parts.extend([expr(vector, Level::Primary), text(" ")]);
        }
        parts.extend([text("ON "), name(&self.on), text(" LIMIT "), constant(&self.limit)]);
        parts.push(options(self.options.as_ref()));
        row(parts)
    }
}
