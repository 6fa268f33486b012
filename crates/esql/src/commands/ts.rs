//! `TS`: the rows of indices of time series.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Identifier, Index};
use crate::format::{index, metadata};
use crate::layout::{Doc, commas, row};
use crate::lexer::Mode;
use crate::parser::Parser;

/// `TS index, ... METADATA column, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Ts {
    /// What is read, one or more.
    pub indices: Vec<Index>,
    /// The metadata columns that the rows get.
    pub metadata: Vec<Identifier>,
}

impl Ts {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        planner.refuse(span, "`TS` needs a time series index", "use `FROM`");
        Rows::one()
    }
}

impl Syntax for Ts {
    const WORDS: &'static [&'static str] = &["ts"];
    const SUMMARY: &'static str = "gives the rows of indices of time series";
    const EXAMPLE: &'static str = "TS metrics-mqtt* | STATS MAX(RATE(messages))";

    fn read(parser: &mut Parser<'_>) -> Ts {
        parser.switch(Mode::Source);
        Ts { indices: parser.indices(), metadata: parser.metadata() }
    }

    fn body(&self) -> Doc {
        row([commas(self.indices.iter().map(index)), metadata(&self.metadata)])
    }
}
