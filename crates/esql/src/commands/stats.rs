//! `STATS`: aggregates rows.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Aggregate, Column};
use crate::codes;
use crate::format::aggregates;
use crate::layout::Doc;
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `STATS aggregate, ... BY key, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// The aggregates; none only where there are keys.
    pub aggregates: Vec<Aggregate>,
    /// The keys of the groups; none for one group of all rows.
    pub by: Vec<Column>,
}

impl Stats {
    /// Groups the rows.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.stats(&self.aggregates, &self.by, rows, span);
    }
}

impl Syntax for Stats {
    const WORDS: &'static [&'static str] = &["stats"];
    const SUMMARY: &'static str = "aggregates rows, in groups or all together";
    const EXAMPLE: &'static str =
        "FROM logs-mqtt* | STATS errors = COUNT(*) WHERE mqtt.code != 0, MAX(bytes) BY client.ip";

    fn read(parser: &mut Parser<'_>) -> Stats {
        if matches!(parser.here_kind(), TokenKind::Bar | TokenKind::End | TokenKind::Close) {
            let help = "write an aggregate such as `COUNT(*)`, or columns behind `BY`".to_owned();
            parser.unexpected(codes::EMPTY_COMMAND, "an aggregate or `BY`", Some(help));
            return Stats { aggregates: Vec::new(), by: Vec::new() };
        }
        let aggregates =
            if parser.at(TokenKind::By) { Vec::new() } else { parser.aggregates() };
        Stats { aggregates, by: groupings(parser) }
    }

    fn body(&self) -> Doc {
        aggregates(&self.aggregates, &self.by)
    }
}

/// `BY key, ...`, if it is there.
pub(super) fn groupings(parser: &mut Parser<'_>) -> Vec<Column> {
    match parser.take(TokenKind::By) {
        Some(_) => parser.columns(),
        None => Vec::new(),
    }
}
