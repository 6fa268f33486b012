//! `DROP`: removes columns.

use super::Syntax;
use crate::ast::Pattern;
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
