//! `IP_LOCATION`: finds where an address is.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Map, Name};
use crate::format::{Level, expr, name, options};
use crate::layout::{Doc, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `IP_LOCATION prefix = value WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct IpLocation {
    /// What the names of the new columns begin with.
    pub prefix: Name,
    /// The text with the address.
    pub input: Expr,
    /// The options.
    pub options: Option<Map>,
}

impl IpLocation {
    /// Adds what a database says of the address, each behind the prefix.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.ip_location(self, rows, span);
    }
}

impl Syntax for IpLocation {
    const WORDS: &'static [&'static str] = &["ip_location"];
    const SUMMARY: &'static str = "finds where an address is";
    const EXAMPLE: &'static str = r#"FROM logs-web* | IP_LOCATION geo = source.ip WITH {"first_only": true}"#;

    fn read(parser: &mut Parser<'_>) -> IpLocation {
        let prefix = parser.name();
        parser.expect(TokenKind::Assign, "`=`");
        IpLocation { prefix, input: parser.primary_value(), options: parser.options() }
    }

    fn body(&self) -> Doc {
        row([name(&self.prefix), text(" = "), expr(&self.input, Level::Primary), options(self.options.as_ref())])
    }
}
