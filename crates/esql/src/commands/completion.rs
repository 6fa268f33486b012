//! `COMPLETION`: asks a language model.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows, Typed};
use super::Syntax;
use crate::ast::{Column, Map};
use crate::codes;
use crate::format::{options, primary_column};
use crate::layout::{Doc, row};
use crate::parser::Parser;

/// The column of the answers, where no name is given.
const ANSWER: &str = "completion";

/// `COMPLETION [name =] prompt WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The prompt, and the name of the column with the answers.
    pub prompt: Column,
    /// The options.
    pub options: Option<Map>,
}

impl Completion {
    /// Looks at the prompt, and stops the query. What follows may use the column of the answers.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let prompt = planner.expression(&self.prompt.value, &rows.scope);
        if !prompt.hole && !prompt.is_null() && !prompt.ty.is_text() {
            let message = format!("the prompt of `COMPLETION` has to be a text, not {}", prompt.ty.name());
            planner.wrong(codes::TYPE, self.prompt.value.place.0, message);
        }
        let name = if self.prompt.name.is_some() { planner.name_of(&self.prompt) } else { ANSWER.to_owned() };
        let answer = rows.compute(&name, &Typed::hole(span), planner, span);
        rows.scope.put(answer);
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
