//! The findings of one file, gathered while it is read.

use std::cell::RefCell;

use brokerwatch_expr::{Diagnostic, Severity, Span};

use crate::{codes, limits};

/// Collects diagnostics, so that reading goes on after a mistake and all of them come out together.
pub(crate) struct Report<'t> {
    text: &'t str,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(text: &'t str) -> Report<'t> {
        Report { text, found: RefCell::new(Vec::new()) }
    }

    /// The file.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    pub(crate) fn add(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Drops findings that are but echoes of text that could not be read.
    pub(crate) fn retain(&self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.found.borrow_mut().retain(keep);
    }

    /// All findings in the order of the file.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        bounded(self.found.into_inner())
    }
}

/// Findings in the order of the file, and not more than [`limits::DIAGNOSTICS_MAX`] of them.
pub(crate) fn bounded(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by_key(Diagnostic::span);
    if limits::DIAGNOSTICS_MAX < found.len() {
        // Errors first, so that the cut cannot turn a file with errors into one with warnings only.
        found.sort_by_key(|diagnostic| diagnostic.severity);
        let more = found.len() - limits::DIAGNOSTICS_MAX;
        found.truncate(limits::DIAGNOSTICS_MAX);
        found.sort_by_key(Diagnostic::span);
        let place = found.last().map(Diagnostic::span).unwrap_or_default();
        let message = format!("{more} more problems in this file are left out");
        found.push(Diagnostic::error(codes::TOO_MANY, place, message));
    }
    found
}

/// A piece of the file as a message may repeat it.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(limits::EXCERPT_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// A span of this file, whatever the parser said: never past the end.
pub(crate) fn span_in(text: &str, range: std::ops::Range<usize>) -> Span {
    let end = range.end.min(text.len());
    Span::new(range.start.min(end)..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_problems_is_cut_and_says_so() {
        let report = Report::new("");
        for _ in 0..limits::DIAGNOSTICS_MAX {
            report.add(Diagnostic::warning(codes::THREAT, Span::default(), "a warning"));
        }
        for _ in 0..7 {
            report.add(Diagnostic::error(codes::TYPE, Span::default(), "an error"));
        }
        let found = report.into_diagnostics();
        assert_eq!(found.len(), limits::DIAGNOSTICS_MAX + 1);
        assert_eq!(found.iter().filter(|d| d.code == codes::TYPE).count(), 7);
        assert!(found.last().unwrap().message.starts_with("7 more problems"));
    }
}
