//! `SHOW INFO`: one row about the program that answers.

use super::Syntax;
use crate::layout::{Doc, text};
use crate::parser::Parser;

/// `SHOW INFO`
#[derive(Debug, Clone, PartialEq)]
pub struct Show;

impl Syntax for Show {
    const WORDS: &'static [&'static str] = &["show"];
    const SUMMARY: &'static str = "gives one row about the program that answers";
    const EXAMPLE: &'static str = "SHOW INFO | KEEP version";

    fn read(parser: &mut Parser<'_>) -> Show {
        parser.expect_word("info", "`INFO`");
        Show
    }

    fn body(&self) -> Doc {
        text("INFO")
    }
}
