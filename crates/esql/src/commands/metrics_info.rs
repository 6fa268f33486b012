//! `METRICS_INFO`: lists the metrics of time series.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::layout::Doc;
use crate::parser::Parser;

/// `METRICS_INFO`
#[derive(Debug, Clone, PartialEq)]
pub struct MetricsInfo;

impl MetricsInfo {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, _: &mut Rows, planner: &mut Planner<'_>) {
        planner.refuse(span, "`METRICS_INFO` needs a time series index", "use `FROM`");
    }
}

impl Syntax for MetricsInfo {
    const WORDS: &'static [&'static str] = &["metrics_info"];
    const SUMMARY: &'static str = "lists the metrics of time series";
    const EXAMPLE: &'static str = "TS metrics-mqtt* | METRICS_INFO";

    fn read(_: &mut Parser<'_>) -> MetricsInfo {
        MetricsInfo
    }

    fn body(&self) -> Doc {
        Doc::Empty
    }
}
