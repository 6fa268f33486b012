//! `DISSECT`: takes a text apart at delimiters.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use brokerwatch_ecs::similar;

use super::Syntax;
use crate::ast::{Constant, Expr, Identifier, Place};
use crate::codes;
use crate::format::{Level, constant, expr, identifier, quoted};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `DISSECT text "pattern" append_separator = ","`
#[derive(Debug, Clone, PartialEq)]
pub struct Dissect {
    /// The text.
    pub input: Expr,
    /// The pattern.
    pub pattern: String,
    /// Where the pattern stands.
    pub pattern_place: Place,
    /// The options.
    pub options: Vec<DissectOption>,
}

/// `append_separator = ","`
#[derive(Debug, Clone, PartialEq)]
pub struct DissectOption {
    /// The name, which is `append_separator` in any case.
    pub name: Identifier,
    /// The value.
    pub value: Constant,
}

impl Dissect {
    /// Adds the parts of a text.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        planner.dissect(self, rows, span);
    }
}

impl Syntax for Dissect {
    const WORDS: &'static [&'static str] = &["dissect"];
    const SUMMARY: &'static str = "takes a text apart at delimiters";
    const EXAMPLE: &'static str =
        r#"FROM logs-mqtt* | DISSECT mqtt.topic "%{site}/%{+rest}/%{+rest}" append_separator = "/""#;

    fn read(parser: &mut Parser<'_>) -> Dissect {
        let input = parser.primary_value();
        let start = parser.here();
        let pattern = parser.quoted_text("a pattern in double quotes");
        let pattern_place = parser.since(start);
        let has_options = parser.at(TokenKind::Identifier);
        let options = if has_options { parser.list(option) } else { Vec::new() };
        Dissect { input, pattern, pattern_place, options }
    }

    fn body(&self) -> Doc {
        let mut parts = vec![expr(&self.input, Level::Primary), Doc::Blank, quoted(&self.pattern)];
        if !self.options.is_empty() {
            let one = |one: &DissectOption| {
                row([identifier(&one.name), text(" = "), constant(&one.value)])
            };
            parts.extend([Doc::Blank, commas(self.options.iter().map(one))]);
        }
        row(parts)
    }
}

const SEPARATOR: &str = "append_separator";

fn option(parser: &mut Parser<'_>) -> DissectOption {
    let name = parser.identifier("an option");
    if !name.text.eq_ignore_ascii_case(SEPARATOR) && !super::is_word(&name.text) {
        let is_near = !similar(&name.text, [SEPARATOR].into_iter()).is_empty();
        let help = if is_near {
            format!("did you mean `{SEPARATOR}`?")
        } else {
            format!("the only option is `{SEPARATOR}`")
        };
        let message = format!("`DISSECT` has no option `{}`", parser.excerpt(name.place.0));
        parser.error(codes::OPTION, name.place.0, message, help);
    }
    parser.expect(TokenKind::Assign, "`=`");
    DissectOption { name, value: parser.signed_constant("a text") }
}
