//! `FUSE`: makes one score of those of several branches.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Identifier, Map, Name};
use crate::codes;
use crate::format::{identifier, map, name};
use crate::layout::{Doc, commas, joined, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `FUSE [method] [SCORE BY column] [KEY BY column, ...] [GROUP BY column] [WITH options]`
#[derive(Debug, Clone, PartialEq)]
pub struct Fuse {
    /// The method.
    pub method: Option<Identifier>,
    /// The column with the scores.
    pub score: Option<Name>,
    /// The columns that tell rows apart.
    pub key: Vec<Name>,
    /// The column that tells branches apart.
    pub group: Option<Name>,
    /// The options.
    pub options: Option<Map>,
}

impl Fuse {
    /// Gives one row for each key, with one score.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.fuse(self, rows, span);
    }
}

impl Syntax for Fuse {
    const WORDS: &'static [&'static str] = &["fuse"];
    const SUMMARY: &'static str = "makes one score of those of several branches";
    const EXAMPLE: &'static str =
        r#"FROM docs | FUSE linear SCORE BY s KEY BY _id, _index GROUP BY _fork WITH {"normalizer": "minmax"}"#;

    fn read(parser: &mut Parser<'_>) -> Fuse {
        let mut fuse = Fuse { method: None, score: None, key: Vec::new(), group: None, options: None };
        if parser.at(TokenKind::Identifier) && parser.ahead().kind != TokenKind::By {
            fuse.method = Some(parser.identifier("a method"));
        }
        while clause(parser, &mut fuse) {}
        fuse
    }

    fn body(&self) -> Doc {
        let mut clauses = Vec::new();
        if let Some(method) = &self.method {
            clauses.push(identifier(method));
        }
        if let Some(score) = &self.score {
            clauses.push(row([text("SCORE BY "), name(score)]));
        }
        if !self.key.is_empty() {
            clauses.push(row([text("KEY BY "), commas(self.key.iter().map(name))]));
        }
        if let Some(group) = &self.group {
            clauses.push(row([text("GROUP BY "), name(group)]));
        }
        if let Some(options) = &self.options {
            clauses.push(row([text("WITH "), map(options)]));
        }
        if clauses.is_empty() { Doc::Empty } else { joined(clauses, "") }
    }
}

/// Reads one clause; false if none is here.
fn clause(parser: &mut Parser<'_>, fuse: &mut Fuse) -> bool {
    let start = parser.here();
    let is_again = if parser.take_word("score") {
        parser.expect(TokenKind::By, "`BY`");
        fuse.score.replace(parser.name()).is_some()
    } else if parser.take_word("key") {
        parser.expect(TokenKind::By, "`BY`");
        !std::mem::replace(&mut fuse.key, parser.list(Parser::name)).is_empty()
    } else if parser.take_word("group") {
        parser.expect(TokenKind::By, "`BY`");
        fuse.group.replace(parser.name()).is_some()
    } else if parser.at(TokenKind::With) {
        let options = parser.options();
        std::mem::replace(&mut fuse.options, options).is_some()
    } else {
        return false;
    };
    if is_again {
        let word = parser.excerpt(start).to_ascii_uppercase();
        let message = format!("`{word}` is given twice");
        parser.error(codes::OPTION, start, message, "give each clause of `FUSE` once");
    }
    true
}
