//! `PROMQL`: the series that a query in that language gives.
//!
//! The query is kept as it is written; only its end is looked for.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::{Identifier, Name, Place};
use crate::codes;
use crate::format::{identifier, name, quoted, source};
use crate::layout::{Doc, row, text};
use crate::lexer::{TextForm, TokenKind, is_plain_source};
use crate::parser::Parser;

/// `PROMQL option = value ... [name =] (query)`
#[derive(Debug, Clone, PartialEq)]
pub struct Promql {
    /// The options, such as `step`.
    pub options: Vec<PromqlOption>,
    /// The name of the column with the values.
    pub name: Option<Name>,
    /// The query, without the parentheses around it.
    pub query: String,
    /// Where it stands.
    pub query_place: Place,
}

/// `step = 1m`
#[derive(Debug, Clone, PartialEq)]
pub struct PromqlOption {
    /// The name.
    pub name: Identifier,
    /// The value, without quotes around it.
    pub value: String,
    /// Where the value stands.
    pub value_place: Place,
}

impl Promql {
    /// Stops the query.
    pub(crate) fn plan(&self, span: Span, planner: &mut Planner<'_>) -> Rows {
        planner.refuse(span, "`PROMQL` needs a time series index", "use `FROM`");
        Rows::one()
    }
}

impl Syntax for Promql {
    const WORDS: &'static [&'static str] = &["promql"];
    const SUMMARY: &'static str = "gives the series of a PromQL query";
    const EXAMPLE: &'static str =
        r#"PROMQL index=metrics-* step=1m rate = (sum(rate(messages{host="a"}[5m])) by (host)) | LIMIT 5"#;

    fn read(parser: &mut Parser<'_>) -> Promql {
        let mut options = Vec::new();
        let mut column = None;
        while parser.at(TokenKind::Identifier) || parser.at(TokenKind::QuotedIdentifier) {
            let name = parser.name();
            if parser.take(TokenKind::Assign).is_none() {
                parser.unexpected(codes::UNEXPECTED, "`=`", Some(FORM.to_owned()));
            }
            if parser.at(TokenKind::Open) {
                column = Some(name);
                break;
            }
            options.extend(option(parser, &name));
        }
        let (query, query_place) = query(parser);
        Promql { options, name: column, query, query_place }
    }

    fn body(&self) -> Doc {
        let mut parts = Vec::new();
        for option in &self.options {
            parts.extend([identifier(&option.name), text("="), value(&option.value), Doc::Blank]);
        }
        if let Some(column) = &self.name {
            parts.extend([name(column), text(" = ")]);
        }
        parts.push(text(format!("({})", self.query)));
        row(parts)
    }
}

/// How the command is written.
const FORM: &str = "the query stands in parentheses: `PROMQL step=1m (up)`";

fn option(parser: &mut Parser<'_>, name: &Name) -> Option<PromqlOption> {
    let start = parser.here();
    let value = match parser.here_kind() {
        TokenKind::Text(form) if form != TextForm::Unclosed => parser.quoted_text("a value"),
        _ => parser.raw_value(),
    };
    let value_place = parser.since(start);
    if value.is_empty() && parser.here() == start {
        parser.unexpected(codes::UNEXPECTED, "a value", None);
        parser.bump();
    }
    let Some(text) = name.flat().filter(|_| name.parts.len() == 1) else {
        let message = "an option of `PROMQL` is one plain name";
        let help = "the options are `index`, `step`, `buckets`, `start`, `end` and `scrape_interval`";
        parser.error(codes::OPTION, name.place.0, message, help);
        return None;
    };
    Some(PromqlOption { name: Identifier { text, place: name.place }, value, value_place })
}

fn value(text: &str) -> Doc {
    if is_plain_source(text) { source(text) } else { quoted(text) }
}

/// The query between its parentheses.
fn query(parser: &mut Parser<'_>) -> (String, Place) {
    let open = parser.here();
    if !parser.at(TokenKind::Open) {
        parser.unexpected(codes::UNEXPECTED, "`(`", Some(FORM.to_owned()));
        return (String::new(), Place(open));
    }
    parser.raw_parentheses()
}
