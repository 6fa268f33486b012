//! `URI_PARTS`: takes a URI apart.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Name};
use crate::format::{Level, expr, name};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `URI_PARTS prefix = value`
#[derive(Debug, Clone, PartialEq)]
pub struct UriParts {
    /// What the names of the new columns begin with.
    pub prefix: Name,
    /// The text with the URI.
    pub input: Expr,
}

impl UriParts {
    /// Adds the parts, each behind the prefix.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.uri_parts(&self.prefix, &self.input, rows, span);
    }
}

impl Syntax for UriParts {
    const WORDS: &'static [&'static str] = &["uri_parts"];
    const SUMMARY: &'static str = "takes a URI apart";
    const EXAMPLE: &'static str = "FROM logs-web* | URI_PARTS uri = url.original";

    fn read(parser: &mut Parser<'_>) -> UriParts {
        let prefix = parser.name();
        parser.expect(TokenKind::Assign, "`=`");
        UriParts { prefix, input: parser.primary_value() }
    }

    fn body(&self) -> Doc {
        row([name(&self.prefix), text(" = "), expr(&self.input, Level::Primary)])
    }
}
