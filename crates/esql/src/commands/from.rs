//! `FROM`: the rows of indices, and of subqueries.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Identifier, Index, Query};
use crate::format::{index, metadata, subquery};
use crate::layout::{Doc, commas, row};
use crate::lexer::{Mode, TokenKind};
use crate::parser::{INDEX, Parser};

/// `FROM index, ... METADATA column, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct From {
    /// What is read, one or more.
    pub items: Vec<FromItem>,
    /// The metadata columns that the rows get.
    pub metadata: Vec<Identifier>,
}

/// One thing that is read.
#[derive(Debug, Clone, PartialEq)]
pub enum FromItem {
    /// An index or a pattern of names.
    Index(Index),
    /// `(FROM ... | ...)`
    Subquery(Query),
}

impl From {
    /// The rows of tables and of queries inside.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        let mut parts = Vec::new();
        let indices: Vec<Index> = self
            .items
            .iter()
            .filter_map(|item| match item {
                FromItem::Index(index) => Some(index.clone()),
                FromItem::Subquery(_) => None,
            })
            .collect();
        let metadata: Vec<String> = self.metadata.iter().map(|name| name.text.clone()).collect();
        if !indices.is_empty() {
            parts.push(planner.table(&indices, &metadata, span));
        }
        for item in &self.items {
            if let FromItem::Subquery(query) = item {
                let mut rows = planner.query(query);
                rows.limit(None, None, planner, query.place.0);
                parts.push(rows);
            }
        }
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let mut rows = planner.union(parts, span);
        rows.limited = false;
        rows
    }
}

impl Syntax for From {
    const WORDS: &'static [&'static str] = &["from"];
    const SUMMARY: &'static str = "gives the rows of indices and of subqueries";
    const EXAMPLE: &'static str = "FROM logs-mqtt*, -logs-mqtt.test, (FROM logs-kafka* | LIMIT 10) METADATA _id, _index";

    fn read(parser: &mut Parser<'_>) -> From {
        parser.switch(Mode::Source);
        let items = parser.list(|parser| {
            if parser.at(TokenKind::Open) {
                return FromItem::Subquery(parser.source_subquery());
            }
            FromItem::Index(parser.index(INDEX))
        });
        From { items, metadata: parser.metadata() }
    }

    fn body(&self) -> Doc {
        let items = self.items.iter().map(|item| match item {
            FromItem::Index(name) => index(name),
            FromItem::Subquery(query) => subquery(query),
        });
        row([commas(items), metadata(&self.metadata)])
    }
}
