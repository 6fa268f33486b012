//! `COMPLETION`: asks a language model.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Column, Map};
use crate::format::{options, primary_column};
use crate::layout::{Doc, row};
use crate::parser::Parser;

/// `COMPLETION [name =] prompt WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The prompt, and the name of the column with the answers.
    pub prompt: Column,
    /// The options.
    pub options: Option<Map>,
}

impl Completion {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`COMPLETION` needs an inference endpoint", "run the query up to here, and give its rows to a model");
    }
}

impl Syntax for Completion {
    const WORDS: &'static [&'static str] = &["completion"];
    const SUMMARY: &'static str = "asks a language model";
    const EXAMPLE: &'static str =
        r#"FROM logs-mqtt* | COMPLETION answer = CONCAT("Explain ", message) WITH {"inference_id": "model"}"#;

    fn read(parser: &mut Parser<'_>) -> Completion {
        Completion { prompt: parser.primary_column(), options: parser.options() }
    }

    fn body(&self) -> Doc {
        row([primary_column(&self.prompt), options(self.options.as_ref())])
    }
}
