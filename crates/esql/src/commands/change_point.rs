//! `CHANGE_POINT`: finds where a series changes.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Name};
use crate::format::{Level, expr, name};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `CHANGE_POINT value ON key AS type, pvalue BY group, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePoint {
    /// The column with the values.
    pub value: Name,
    /// The column with their order; `@timestamp` without one.
    pub on: Option<Name>,
    /// The names of the columns with the type of the change and with its p-value.
    pub names: Option<(Name, Name)>,
    /// The keys of the series.
    pub by: Vec<Expr>,
}

impl ChangePoint {
    /// Adds the type and the p-value of the change in the row where it is.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.change_point(self, rows, span);
    }
}

impl Syntax for ChangePoint {
    const WORDS: &'static [&'static str] = &["change_point"];
    const SUMMARY: &'static str = "finds where a series changes";
    const EXAMPLE: &'static str = "FROM metrics | CHANGE_POINT messages ON hour AS kind, p BY host.name";

    fn read(parser: &mut Parser<'_>) -> ChangePoint {
        let value = parser.name();
        let on = parser.take(TokenKind::On).map(|_| parser.name());
        let names = parser.take_word("as").then(|| {
            let kind = parser.name();
            parser.expect(TokenKind::Comma, "`,` and a second name");
            (kind, parser.name())
        });
        let by = match parser.take(TokenKind::By) {
            Some(_) => parser.list(Parser::condition),
            None => Vec::new(),
        };
        ChangePoint { value, on, names, by }
    }

    fn body(&self) -> Doc {
        let mut parts = vec![name(&self.value)];
        if let Some(on) = &self.on {
            parts.extend([text(" ON "), name(on)]);
        }
        if let Some((kind, pvalue)) = &self.names {
            parts.extend([text(" AS "), name(kind), text(", "), name(pvalue)]);
        }
        if !self.by.is_empty() {
            let by = commas(self.by.iter().map(|key| expr(key, Level::Or)));
            parts.extend([Doc::Blank, text("BY "), by]);
        }
        row(parts)
    }
}
