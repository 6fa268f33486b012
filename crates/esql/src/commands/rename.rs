//! `RENAME`: gives columns other names.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::Pattern;
use crate::codes;
use crate::format::pattern;
use crate::layout::{Doc, commas, row, text};
use crate::lexer::{Mode, TokenKind};
use crate::parser::Parser;

/// `RENAME old AS new, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// The renamings, done one after the other.
    pub renamings: Vec<Renaming>,
}

/// `old AS new`, or `new = old`
#[derive(Debug, Clone, PartialEq)]
pub struct Renaming {
    /// The name before.
    pub old: Pattern,
    /// The name after.
    pub new: Pattern,
}

impl Rename {
    /// Gives columns other names, one after the other, where they stand.
    pub(crate) fn plan(&self, _: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        for renaming in &self.renamings {
            let (Some(old), Some(new)) = (planner.exact(&renaming.old), planner.exact(&renaming.new)) else { continue };
            let span = renaming.old.place.0;
            match rows.scope.get(&old).cloned() {
                Some(column) => rows.scope.replace(&old, column.renamed(new)),
                None => {
                    let typed = planner.named(&old, span, &rows.scope);
                    let column = rows.compute(&new, &typed, planner, span);
                    rows.scope.put(column);
                }
            }
        }
    }
}

impl Syntax for Rename {
    const WORDS: &'static [&'static str] = &["rename"];
    const SUMMARY: &'static str = "gives columns other names";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | RENAME client.ip AS source.ip, mqtt.topic AS topic";

    fn read(parser: &mut Parser<'_>) -> Rename {
        parser.switch(Mode::Pattern);
        Rename { renamings: parser.list(renaming) }
    }

    fn body(&self) -> Doc {
        let one = |one: &Renaming| row([pattern(&one.old), text(" AS "), pattern(&one.new)]);
        commas(self.renamings.iter().map(one))
    }
}

fn renaming(parser: &mut Parser<'_>) -> Renaming {
    let first = parser.pattern();
    if parser.take(TokenKind::Assign).is_some() {
        return Renaming { old: parser.pattern(), new: first };
    }
    if parser.take_word("as") {
        return Renaming { new: parser.pattern(), old: first };
    }
    let help = "write `old AS new`, or `new = old`".to_owned();
    parser.unexpected(codes::UNEXPECTED, "`AS` or `=`", Some(help));
    Renaming { old: first.clone(), new: first }
}
