//! `TS_INFO`: lists time series.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::layout::Doc;
use crate::parser::Parser;

/// `TS_INFO`
#[derive(Debug, Clone, PartialEq)]
pub struct TsInfo;

impl TsInfo {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`TS_INFO` needs a time series index", "use `FROM`");
    }
}

impl Syntax for TsInfo {
    const WORDS: &'static [&'static str] = &["ts_info"];
    const SUMMARY: &'static str = "lists time series";
    const EXAMPLE: &'static str = "TS metrics-mqtt* | TS_INFO";

    fn read(_: &mut Parser<'_>) -> TsInfo {
        TsInfo
    }

    fn body(&self) -> Doc {
        Doc::Empty
    }
}
