//! `DROP`: removes columns.

use brokerwatch_expr::{Diagnostic, Span};

use crate::planner::{Planner, Rows, matching};
use super::Syntax;
use crate::ast::Pattern;
use crate::codes;
use crate::format::pattern;
use crate::layout::{Doc, commas};
use crate::lexer::Mode;
use crate::parser::Parser;

/// `DROP pattern, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// The patterns, one or more.
    pub patterns: Vec<Pattern>,
}

impl Drop {
    /// Takes columns away.
    pub(crate) fn plan(&self, _: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let scope = rows.scope.clone();
        for pattern in &self.patterns {
            let glob = planner.glob(pattern);
            let found = matching(&scope, &glob);
            match glob.exact() {
                Some(name) if found.is_empty() && !scope.open => {
                    planner.unknown_column(&scope, &name, pattern.place.0);
                }
                None if glob.is_any() => planner.error(
                    Diagnostic::error(
                        codes::NOT_HERE,
                        pattern.place.0,
                        "`DROP *` would leave no column",
                    )
                    .help("`KEEP` names the columns to keep; `LIMIT 0` gives no rows"),
                ),
                None if found.is_empty() => planner.no_match(&scope, pattern.place.0),
                _ => {}
            }
            for column in found {
                rows.scope.remove(&column.name);
            }
        }
    }
}

impl Syntax for Drop {
    const WORDS: &'static [&'static str] = &["drop"];
    const SUMMARY: &'static str = "removes columns";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | DROP event.*, message";

    fn read(parser: &mut Parser<'_>) -> Drop {
        parser.switch(Mode::Pattern);
        Drop { patterns: parser.patterns() }
    }

    fn body(&self) -> Doc {
        commas(self.patterns.iter().map(pattern))
    }
}
