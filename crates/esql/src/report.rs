//! Collects what is wrong with a query, up to a bound.

use brokerwatch_expr::{Diagnostic, Span};

use crate::{codes, limits};

/// The errors of one query so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a finding. The one past the bound becomes the note that there were too many; later ones are dropped.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            return;
        }
        if self.diagnostics.len() < limits::ERRORS_MAX {
            self.diagnostics.push(diagnostic);
            return;
        }
        let message = format!("more than {} errors, the rest is not read", limits::ERRORS_MAX);
        self.diagnostics.push(
            Diagnostic::error(codes::TOO_MANY_ERRORS, diagnostic.span(), message)
                .help("correct the errors above first"),
        );
    }

    /// Whether reading on is of no use.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() > limits::ERRORS_MAX
    }

    /// Whether something is wrong at this byte already.
    pub(crate) fn is_known(&self, start: u32) -> bool {
        self.diagnostics.iter().any(|one| one.span().start == start)
    }

    /// How many findings there are.
    pub(crate) fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// All findings in the order of the text; the note on their number stays last.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|one| (one.code == codes::TOO_MANY_ERRORS, one.span().start));
        self.diagnostics
    }
}

/// A piece of the query as a message repeats it: on one line and not too long.
pub(crate) fn excerpt(text: &str, span: Span) -> String {
    let piece = text.get(span.range()).unwrap_or_default();
    let mut characters = piece.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut excerpt: String = characters.by_ref().take(limits::EXCERPT_CHARS_MAX).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
