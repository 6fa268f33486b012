//! `SAMPLE`: rows taken by chance.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use crate::value;
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
    /// Takes each row with the probability.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let place = self.probability_place.0;
        let probability = planner.known(&self.probability, place);
        let probability = probability.as_ref().and_then(value::Constant::single).and_then(|value| value.as_f64());
        match probability {
            Some(probability) if 0.0 < probability && probability < 1.0 => {
                planner.sample(probability, rows, span);
            }
            _ if planner.has_errors() => {}
            _ => planner.refuse(place, "`SAMPLE` needs a probability between 0 and 1, both excluded", "write `SAMPLE 0.1` for about a tenth of the rows"),
        }
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
