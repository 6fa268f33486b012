//! `EVAL`: computes columns.

use super::Syntax;
use crate::ast::Column;
use crate::format::columns;
use crate::layout::Doc;
use crate::parser::Parser;

/// `EVAL name = value, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Eval {
    /// The columns, each of which sees those before it.
    pub columns: Vec<Column>,
}

impl Syntax for Eval {
    const WORDS: &'static [&'static str] = &["eval"];
    const SUMMARY: &'static str = "computes columns";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | EVAL kib = bytes / 1024, topic = TO_LOWER(mqtt.topic)";

    fn read(parser: &mut Parser<'_>) -> Eval {
        Eval { columns: parser.columns() }
    }

    fn body(&self) -> Doc {
        columns(&self.columns)
    }
}
