//! `WHERE`: keeps the rows that meet a condition.

use super::Syntax;
use crate::ast::Expr;
use crate::format::{Level, expr};
use crate::layout::Doc;
use crate::parser::Parser;

/// `WHERE condition`
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    /// What a row must meet.
    pub condition: Expr,
}

impl Syntax for Where {
    const WORDS: &'static [&'static str] = &["where"];
    const SUMMARY: &'static str = "keeps the rows for which a condition is true";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | WHERE mqtt.qos == 2 AND client.ip IS NOT NULL";

    fn read(parser: &mut Parser<'_>) -> Where {
        Where { condition: parser.condition() }
    }

    fn body(&self) -> Doc {
        expr(&self.condition, Level::Or)
    }
}
