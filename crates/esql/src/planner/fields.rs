//! Patterns for names of columns: which columns of the scope they mean.

use brokerwatch_ecs::similar;
use brokerwatch_expr::{Diagnostic, Span};

use super::{Column, Planner, Scope};
use crate::ast::{Pattern, PatternPart, Piece};
use crate::codes;

/// A pattern with its parameters filled in: texts and, between them, `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Piece>);

impl Glob {
    /// The name, if there is no `*` in it.
    pub(crate) fn exact(&self) -> Option<String> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Any => None,
            })
            .collect()
    }

    /// Whether it is `*` alone.
    pub(crate) fn is_any(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Any])
    }

    /// Whether a name matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        // Greedy with one way back, as every matcher of `*` alone.
        let (mut rest, mut floating) = (name, false);
        for (at, piece) in self.0.iter().enumerate() {
            match piece {
                Piece::Any => floating = true,
                Piece::Text(text) if floating && at + 1 == self.0.len() => {
                    return rest.ends_with(text.as_str());
                }
                Piece::Text(text) => {
                    let found = if floating {
                        rest.find(text.as_str())
                    } else {
                        rest.starts_with(text.as_str()).then_some(0)
                    };
                    let Some(start) = found else { return false };
                    rest = &rest[start + text.len()..];
                    floating = false;
                }
            }
        }
        floating || rest.is_empty()
    }
}

/// The columns that a pattern means, in the order of the scope.
pub(crate) fn matching<'s>(scope: &'s Scope, glob: &Glob) -> Vec<&'s Column> {
    scope.columns().iter().filter(|column| glob.matches(&column.name)).collect()
}

impl Planner<'_> {
    /// A pattern with its parameters filled in.
    pub(crate) fn glob(&mut self, pattern: &Pattern) -> Glob {
        let mut pieces: Vec<Piece> = Vec::new();
        for (at, part) in pattern.parts.iter().enumerate() {
            if at != 0 {
                push_text(&mut pieces, ".");
            }
            match part {
                PatternPart::Glob(own) => {
                    for piece in own {
                        match piece {
                            Piece::Text(text) => push_text(&mut pieces, text),
                            Piece::Any => pieces.push(Piece::Any),
                        }
                    }
                }
                PatternPart::Parameter(parameter) => {
                    let text = self.name_parameter(parameter, pattern.place.0).unwrap_or_default();
                    push_text(&mut pieces, &text);
                }
            }
        }
        Glob(pieces)
    }

    /// The one name of a pattern; an error where it has a `*`.
    pub(crate) fn exact(&mut self, pattern: &Pattern) -> Option<String> {
        let name = self.glob(pattern).exact();
        if name.is_none() {
            self.error(
                Diagnostic::error(
                    codes::WILDCARD,
                    pattern.place.0,
                    "one column has to be named here",
                )
                .help("write the whole name, without `*`"),
            );
        }
        name
    }

    /// Says that a name is unknown, with those that are close.
    pub(crate) fn unknown_column(&mut self, scope: &Scope, name: &str, span: Span) {
        let known = scope.columns().iter().map(|column| column.name.as_str());
        let similar = similar(name, known);
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_COLUMN, span, format!("unknown column `{name}`"));
        self.error(match similar.as_slice() {
            [] => diagnostic.help("a text stands in double quotes; `KEEP` and `STATS` leave only the columns they name"),
            [one] => diagnostic.help(format!("`{one}` is close")),
            several => diagnostic.help(format!("close are `{}`", several.join("`, `"))),
        });
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        last.push_str(text);
    } else if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}
