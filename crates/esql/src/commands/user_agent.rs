//! `USER_AGENT`: takes a user agent apart.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Map, Name};
use crate::format::{Level, expr, name, options};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `USER_AGENT prefix = value WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct UserAgent {
    /// What the names of the new columns begin with.
    pub prefix: Name,
    /// The text with the user agent.
    pub input: Expr,
    /// The options.
    pub options: Option<Map>,
}

impl UserAgent {
    /// Adds the parts, each behind the prefix.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.user_agent(self, rows, span);
    }
}

impl Syntax for UserAgent {
    const WORDS: &'static [&'static str] = &["user_agent"];
    const SUMMARY: &'static str = "takes a user agent apart";
    const EXAMPLE: &'static str = r#"FROM logs-web* | USER_AGENT ua = user_agent.original WITH {"extract_device_type": true}"#;

    fn read(parser: &mut Parser<'_>) -> UserAgent {
        let prefix = parser.name();
        parser.expect(TokenKind::Assign, "`=`");
        UserAgent { prefix, input: parser.primary_value(), options: parser.options() }
    }

    fn body(&self) -> Doc {
        row([name(&self.prefix), text(" = "), expr(&self.input, Level::Primary), options(self.options.as_ref())])
    }
}
