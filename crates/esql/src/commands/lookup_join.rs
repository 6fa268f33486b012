//! `LOOKUP JOIN`: adds the columns of an index.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Index};
use crate::format::{Level, expr, index, source};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::{Mode, TokenKind};
use crate::parser::{INDEX, Parser};

/// `LOOKUP JOIN index ON column, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct LookupJoin {
    /// The index.
    pub index: Index,
    /// What it is called in the condition.
    pub alias: Option<String>,
    /// The columns that both sides have, or one condition.
    pub on: Vec<Expr>,
}

impl LookupJoin {
    /// Joins a lookup table.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.lookup_join(self, rows, span);
    }
}

impl Syntax for LookupJoin {
    const WORDS: &'static [&'static str] = &["lookup join"];
    const SUMMARY: &'static str = "adds the columns of an index";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | LOOKUP JOIN brokers AS b ON host.name";

    fn read(parser: &mut Parser<'_>) -> LookupJoin {
        parser.switch(Mode::Source);
        let index = parser.index(INDEX);
        let is_named = parser.take_word("as");
        let alias = (is_named || parser.at(TokenKind::Source) && !parser.at_word("on"))
            .then(|| parser.source_name("another name for the index"));
        parser.expect_word("on", "`ON`");
        parser.switch(Mode::Expression);
        LookupJoin { index, alias, on: parser.list(Parser::condition) }
    }

    fn body(&self) -> Doc {
        let mut parts = vec![index(&self.index)];
        if let Some(alias) = &self.alias {
            parts.extend([text(" AS "), source(alias)]);
        }
        let on = commas(self.on.iter().map(|one| expr(one, Level::Or)));
        parts.extend([Doc::Blank, text("ON "), on]);
        row(parts)
    }
}
