//! `INLINE STATS`: adds aggregates to the rows that they are of.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use super::stats::groupings;
use crate::ast::{Aggregate, Column};
use crate::format::aggregates;
use crate::layout::Doc;
use crate::parser::Parser;

/// `INLINE STATS aggregate, ... BY key, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct InlineStats {
    /// The aggregates, one or more.
    pub aggregates: Vec<Aggregate>,
    /// The keys of the groups; none for one group of all rows.
    pub by: Vec<Column>,
}

impl InlineStats {
    /// Groups the rows and gives each row the results of its group.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.inline_stats(&self.aggregates, &self.by, rows, span);
    }
}

impl Syntax for InlineStats {
    const WORDS: &'static [&'static str] = &["inline stats", "inlinestats"];
    const SUMMARY: &'static str = "adds the aggregates of its group to each row";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | INLINE STATS mean = AVG(bytes) BY client.ip";

    fn read(parser: &mut Parser<'_>) -> InlineStats {
        InlineStats { aggregates: parser.aggregates(), by: groupings(parser) }
    }

    fn body(&self) -> Doc {
        aggregates(&self.aggregates, &self.by)
    }
}
