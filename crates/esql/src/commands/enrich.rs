//! `ENRICH`: adds the columns of a policy.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Index, Pattern};
use crate::format::{index, pattern};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::{Mode, TokenKind};
use crate::parser::Parser;

/// `ENRICH policy ON column WITH new = column, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Enrich {
    /// The policy; its mode stands where a cluster stands in the name of an index.
    pub policy: Index,
    /// The column that is looked up; without one it is called as the policy's own.
    pub on: Option<Pattern>,
    /// The columns that are added; none for all of them.
    pub with: Vec<EnrichColumn>,
}

/// `[name =] column`
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichColumn {
    /// The name that it gets.
    pub name: Option<Pattern>,
    /// The policy's column.
    pub column: Pattern,
}

impl Enrich {
    /// Adds columns of an enrich policy.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.enrich(self, rows, span);
    }
}

impl Syntax for Enrich {
    const WORDS: &'static [&'static str] = &["enrich"];
    const SUMMARY: &'static str = "adds the columns of a policy";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | ENRICH _any:brokers ON host.name WITH site = location, owner";

    fn read(parser: &mut Parser<'_>) -> Enrich {
        parser.switch(Mode::Source);
        let policy = parser.index("the name of a policy");
        parser.switch(Mode::Pattern);
        let on = parser.take_word("on").then(|| parser.pattern());
        let with = if parser.take_word("with") { parser.list(column) } else { Vec::new() };
        Enrich { policy, on, with }
    }

    fn body(&self) -> Doc {
        let mut parts = vec![index(&self.policy)];
        if let Some(on) = &self.on {
            parts.extend([text(" ON "), pattern(on)]);
        }
        if !self.with.is_empty() {
            let with = commas(self.with.iter().map(column_doc));
            parts.extend([Doc::Blank, text("WITH "), with]);
        }
        row(parts)
    }
}

fn column(parser: &mut Parser<'_>) -> EnrichColumn {
    let first = parser.pattern();
    if parser.take(TokenKind::Assign).is_some() {
        return EnrichColumn { name: Some(first), column: parser.pattern() };
    }
    EnrichColumn { name: None, column: first }
}

fn column_doc(column: &EnrichColumn) -> Doc {
    match &column.name {
        Some(name) => row([pattern(name), text(" = "), pattern(&column.column)]),
        None => pattern(&column.column),
    }
}
