//! `FROM`: the rows of indices, and of subqueries.

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
