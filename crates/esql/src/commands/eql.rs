//! `EQL`: the events that an EQL query finds.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};

use super::Syntax;
use crate::ast::{Identifier, Index, Map, Place};
use crate::format::{index, metadata, options, quoted};
use crate::layout::{Doc, commas, row};
use crate::lexer::Mode;
use crate::parser::Parser;

/// `EQL index, ... "query" METADATA column, ... WITH options`
#[derive(Debug, Clone, PartialEq)]
pub struct Eql {
    /// What is searched, one or more.
    pub indices: Vec<Index>,
    /// The EQL query.
    pub query: String,
    /// Where it stands.
    pub query_place: Place,
    /// The metadata columns that the rows get.
    pub metadata: Vec<Identifier>,
    /// The options.
    pub options: Option<Map>,
}

impl Eql {
    /// The events that an EQL query finds.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        planner.eql(self, span)
    }
}

impl Syntax for Eql {
    const WORDS: &'static [&'static str] = &["eql"];
    const SUMMARY: &'static str = "gives the events that an EQL query finds";
    const EXAMPLE: &'static str =
        r#"EQL logs-* "process where true" METADATA _id WITH {"timestamp_field": "event.created"}"#;

    fn read(parser: &mut Parser<'_>) -> Eql {
        parser.switch(Mode::Source);
        let indices = parser.indices();
        let start: Span = parser.here();
        let query = parser.quoted_text("the EQL query in double quotes");
        let query_place = parser.since(start);
        let metadata = parser.metadata();
        parser.switch(Mode::Expression);
        Eql { indices, query, query_place, metadata, options: parser.options() }
    }

    fn body(&self) -> Doc {
        row([
            commas(self.indices.iter().map(index)),
            Doc::Blank,
            quoted(&self.query),
            metadata(&self.metadata),
            options(self.options.as_ref()),
        ])
    }
}
