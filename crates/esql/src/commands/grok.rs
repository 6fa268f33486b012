//! `GROK`: takes a text apart with regular expressions.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Expr, Place};
use crate::format::{Level, expr, quoted};
use crate::layout::{Doc, commas, row};
use crate::parser::Parser;

/// `GROK text "pattern", ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Grok {
    /// The text.
    pub input: Expr,
    /// The patterns with their places, of which the first that matches is taken.
    pub patterns: Vec<(String, Place)>,
}

impl Grok {
    /// Adds the parts of a text.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.grok(self, rows, span);
    }
}

impl Syntax for Grok {
    const WORDS: &'static [&'static str] = &["grok"];
    const SUMMARY: &'static str = "takes a text apart with regular expressions";
    const EXAMPLE: &'static str = r#"FROM logs-mqtt* | GROK message "%{IP:client.ip}:%{INT:port:int}", "%{WORD:verb}""#;

    fn read(parser: &mut Parser<'_>) -> Grok {
        let input = parser.primary_value();
        let patterns = parser.list(|parser| {
            let start = parser.here();
            (parser.quoted_text("a pattern in double quotes"), parser.since(start))
        });
        Grok { input, patterns }
    }

    fn body(&self) -> Doc {
        let patterns = commas(self.patterns.iter().map(|(pattern, _)| quoted(pattern)));
        row([expr(&self.input, Level::Primary), Doc::Blank, patterns])
    }
}
