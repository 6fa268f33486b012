//! `KEEP`: keeps columns, in the order of their patterns.

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
