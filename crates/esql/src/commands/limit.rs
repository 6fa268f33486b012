//! `LIMIT`: the first rows.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use crate::value;
use super::Syntax;
use crate::ast::{Constant, Expr, Place};
use crate::format::{Level, constant, expr};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `LIMIT count [BY key, ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many rows.
    pub count: Constant,
    /// Where the count stands.
    pub count_place: Place,
    /// The keys, for each combination of which so many rows are kept; none for all rows together.
    pub by: Vec<Expr>,
}

impl Limit {
    /// The first rows, of all or of each combination of keys.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let place = self.count_place.0;
        let count = planner.known(&self.count, place);
        let count = count.as_ref().and_then(value::Constant::single).and_then(|value| value.as_i64());
        let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else {
            if !planner.has_errors() {
                planner.refuse(place, "`LIMIT` needs a whole number that is not negative", "write `LIMIT 10`");
            }
            return;
        };
        if self.by.is_empty() {
            rows.limit(Some(count), None, planner, span);
        } else {
            planner.limit_by(count, &self.by, rows, span);
        }
        rows.limited = true;
    }
}

impl Syntax for Limit {
    const WORDS: &'static [&'static str] = &["limit"];
    const SUMMARY: &'static str = "keeps the first rows";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | LIMIT 3 BY client.ip";

    fn read(parser: &mut Parser<'_>) -> Limit {
        let start = parser.here();
        let count = parser.signed_constant("a number of rows");
        let count_place = parser.since(start);
        let by = match parser.take(TokenKind::By) {
            Some(_) => parser.list(Parser::condition),
            None => Vec::new(),
        };
        Limit { count, count_place, by }
    }

    fn body(&self) -> Doc {
        let count = constant(&self.count);
        if self.by.is_empty() {
            return count;
        }
        let by = commas(self.by.iter().map(|key| expr(key, Level::Or)));
        row([count, text(" BY "), by])
    }
}
