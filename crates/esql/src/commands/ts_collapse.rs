//! `TS_COLLAPSE`: makes one row of each time series.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::layout::Doc;
use crate::parser::Parser;

/// `TS_COLLAPSE`
#[derive(Debug, Clone, PartialEq)]
pub struct TsCollapse;

impl TsCollapse {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`TS_COLLAPSE` needs a time series index", "use `FROM`");
    }
}

impl Syntax for TsCollapse {
    const WORDS: &'static [&'static str] = &["ts_collapse"];
    const SUMMARY: &'static str = "makes one row of each time series";
    const EXAMPLE: &'static str = "TS metrics-mqtt* | TS_COLLAPSE";

    fn read(_: &mut Parser<'_>) -> TsCollapse {
        TsCollapse
    }

    fn body(&self) -> Doc {
        Doc::Empty
    }
}
