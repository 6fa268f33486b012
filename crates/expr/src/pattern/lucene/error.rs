//! What is wrong with a regular expression.

use std::error::Error;
use std::fmt;

/// A regular expression that cannot be read, or that needs too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegexError {
    /// Byte offset in the pattern of the place the message speaks of.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl RegexError {
    pub(super) fn new(at: usize, message: impl Into<String>) -> RegexError {
        RegexError { at, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> RegexError {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at)
    }
}

impl Error for RegexError {}
