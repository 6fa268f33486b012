//! `REGISTERED_DOMAIN`: takes a domain name apart.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Name};
use crate::format::{Level, expr, name};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `REGISTERED_DOMAIN prefix = value`
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredDomain {
    /// What the names of the new columns begin with.
    pub prefix: Name,
    /// The text with the domain name.
    pub input: Expr,
}

impl RegisteredDomain {
    /// Adds the parts, each behind the prefix.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.registered_domain(&self.prefix, &self.input, rows, span);
    }
}

impl Syntax for RegisteredDomain {
    const WORDS: &'static [&'static str] = &["registered_domain"];
    const SUMMARY: &'static str = "takes a domain name apart";
    const EXAMPLE: &'static str = "FROM logs-dns* | REGISTERED_DOMAIN dns = dns.question.name";

    fn read(parser: &mut Parser<'_>) -> RegisteredDomain {
        let prefix = parser.name();
        parser.expect(TokenKind::Assign, "`=`");
        RegisteredDomain { prefix, input: parser.primary_value() }
    }

    fn body(&self) -> Doc {
        row([name(&self.prefix), text(" = "), expr(&self.input, Level::Primary)])
    }
}
