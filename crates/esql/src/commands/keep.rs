//! `KEEP`: keeps columns, in the order of their patterns.

use std::collections::BTreeMap;

use brokerwatch_expr::Span;

use crate::planner::{Column, Glob, Planner, Rows, matching};
use super::Syntax;
use crate::ast::Pattern;
use crate::format::pattern;
use crate::layout::{Doc, commas};
use crate::lexer::Mode;
use crate::parser::Parser;

/// `KEEP pattern, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Keep {
    /// The patterns, one or more.
    pub patterns: Vec<Pattern>,
}

impl Keep {
    /// The columns in the order of the patterns. A column that several match stands where its best one is: a whole name
    /// before a pattern, a pattern before `*`, and among equals the last.
    pub(crate) fn plan(&self, _: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let globs: Vec<Glob> = self.patterns.iter().map(|pattern| planner.glob(pattern)).collect();
        let mut places: BTreeMap<&str, (u8, usize)> = BTreeMap::new();
        let scope = rows.scope.clone();
        for (at, (glob, pattern)) in globs.iter().zip(&self.patterns).enumerate() {
            let found = matching(&scope, glob);
            if found.is_empty() && !glob.is_any() {
                match glob.exact() {
                    Some(name) if scope.open || planner.options.nullify => {
                        let typed = planner.named(&name, pattern.place.0, &scope);
                        let column = rows.compute(&name, &typed, planner, pattern.place.0);
                        rows.scope.put(column);
                    }
                    Some(name) => planner.unknown_column(&scope, &name, pattern.place.0),
                    None => planner.no_match(&scope, pattern.place.0),
                }
            }
            for column in found {
                let rank = (rank(glob), at);
                let best = places.entry(&column.name).or_insert(rank);
                if best.0 <= rank.0 {
                    *best = rank;
                }
            }
        }
        let mut kept: Vec<(usize, usize, Column)> = Vec::new();
        for (order, column) in rows.scope.columns().iter().enumerate() {
            let at = match places.get(column.name.as_str()) {
                Some((_, at)) => Some(*at),
                // A column that was made just now, for a name that no event has.
                None => globs.iter().rposition(|glob| glob.exact().as_deref() == Some(&column.name)),
            };
            kept.extend(at.map(|at| (at, order, column.clone())));
        }
        kept.sort_by_key(|(at, order, _)| (*at, *order));
        rows.scope.set(kept.into_iter().map(|(_, _, column)| column).collect());
        rows.scope.open = false;
    }
}

/// How well a pattern says which columns it means.
fn rank(glob: &Glob) -> u8 {
    match glob {
        _ if glob.is_any() => 0,
        _ if glob.exact().is_none() => 1,
        _ => 2,
    }
}

impl Syntax for Keep {
    const WORDS: &'static [&'static str] = &["keep"];
    const SUMMARY: &'static str = "keeps columns, in the order of their patterns";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | KEEP @timestamp, mqtt.*, `client-id`";

    fn read(parser: &mut Parser<'_>) -> Keep {
        parser.switch(Mode::Pattern);
        Keep { patterns: parser.patterns() }
    }

    fn body(&self) -> Doc {
        commas(self.patterns.iter().map(pattern))
    }
}
