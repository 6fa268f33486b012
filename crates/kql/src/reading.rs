//! What the parsers of both languages share: the length of a text, and which errors are told.

use brokerwatch_expr::limits::QUERY_BYTES_MAX;
use brokerwatch_expr::report::Report;
use brokerwatch_expr::{Diagnostic, Span};

use crate::codes;
use crate::limits::DEPTH_MAX;

/// The errors of one text so far, of which no two are told at one place.
#[derive(Debug)]
pub(crate) struct Errors {
    report: Report,
    /// Whether an error hides the rest of the text, so that nothing is missing at its end.
    cut: bool,
}

impl Errors {
    pub(crate) fn new() -> Errors {
        Errors { report: Report::new(codes::TOO_MANY_ERRORS, &[]), cut: false }
    }

    pub(crate) fn push(&mut self, error: Diagnostic) {
        if !self.cut && !self.report.is_known(error.span().start) {
            self.report.push(error);
        }
    }

    /// Adds an error after which nothing is read.
    pub(crate) fn push_last(&mut self, error: Diagnostic) {
        self.push(error);
        self.cut = true;
    }

    /// Whether reading on is of no use.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut || self.report.is_full()
    }

    /// What was read, if nothing is wrong with it.
    pub(crate) fn result<T>(self, read: T) -> Result<T, Vec<Diagnostic>> {
        if self.report.is_empty() { Ok(read) } else { Err(self.report.finish()) }
    }
}

/// Refuses a text that is too long to be read.
pub(crate) fn check_length(text: &str) -> Result<(), Vec<Diagnostic>> {
    if text.len() <= QUERY_BYTES_MAX {
        return Ok(());
    }
    let message = format!("the query has {} bytes, at most {QUERY_BYTES_MAX} are read", text.len());
    let start = Span::new(0..text.chars().next().map_or(0, char::len_utf8));
    let help = "split the query, or move long lists of values out of it";
    Err(vec![Diagnostic::error(codes::QUERY_TOO_LONG, start, message).help(help)])
}

pub(crate) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("more than {DEPTH_MAX} conditions inside each other");
    let help = "flatten the query: `field: (a or b or c)` needs one pair of parentheses";
    Diagnostic::error(codes::TOO_DEEP, span, message).help(help)
}

/// The character of a `\uXXXX` whose four digits begin the text; `None` also for half of a surrogate pair.
pub(crate) fn unicode_escape(digits: &str) -> Option<char> {
    let digits = digits.get(..4)?;
    // `from_str_radix` would take a sign.
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32))?
}

/// An escape of four digits that name no character.
pub(crate) fn bad_unicode(span: Span) -> Diagnostic {
    Diagnostic::error(codes::ESCAPE, span, "`\\u` is not followed by the number of a character")
        .help("write four hexadecimal digits, as in `\\u00e9`; others than D800 to DFFF")
}
