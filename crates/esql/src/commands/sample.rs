//! `SAMPLE`: rows taken by chance.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Constant, Place};
use crate::format::constant;
use crate::layout::Doc;
use crate::parser::Parser;

/// `SAMPLE probability`
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// How likely a row is taken.
    pub probability: Constant,
    /// Where it stands.
    pub probability_place: Place,
}

impl Sample {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`SAMPLE` is not implemented here", "use `LIMIT`");
    }
}

impl Syntax for Sample {
    const WORDS: &'static [&'static str] = &["sample"];
    const SUMMARY: &'static str = "takes rows by chance";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | SAMPLE 0.05";

    fn read(parser: &mut Parser<'_>) -> Sample {
        let start = parser.here();
        let probability = parser.signed_constant("a probability");
        Sample { probability, probability_place: parser.since(start) }
    }

    fn body(&self) -> Doc {
        constant(&self.probability)
    }
}
