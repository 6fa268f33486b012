//! Collects what is wrong with a query, up to a bound.

use crate::limits::{ERRORS_MAX, EXCERPT_CHARS_MAX};
use crate::{Diagnostic, Span};

/// The errors of one query so far.
#[derive(Debug)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    too_many: &'static str,
    understood: &'static [&'static str],
}

impl Report {
    /// A report that says with the code `too_many` that there are more errors than it tells. Errors of the codes in
    /// `understood` hide no others at their place: what was meant is clear.
    pub fn new(too_many: &'static str, understood: &'static [&'static str]) -> Report {
        Report { diagnostics: Vec::new(), too_many, understood }
    }

    /// Adds a finding. The one past the bound becomes the note that there were too many; later ones are dropped.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            return;
        }
        if self.diagnostics.len() < ERRORS_MAX {
            self.diagnostics.push(diagnostic);
            return;
        }
        let message = format!("more than {ERRORS_MAX} errors, the rest is not read");
        self.diagnostics.push(
            Diagnostic::error(self.too_many, diagnostic.span(), message)
                .help("correct the errors above first"),
        );
    }

    /// Whether reading on is of no use.
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() > ERRORS_MAX
    }

    /// Whether something that was not understood is wrong at this byte already.
    pub fn is_known(&self, start: u32) -> bool {
        let at_start =
            |one: &Diagnostic| one.span().start == start && !self.understood.contains(&one.code);
        self.diagnostics.iter().any(at_start)
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All findings in the order of the text; the note on their number stays last.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let too_many = self.too_many;
        self.diagnostics.sort_by_key(|one| (one.code == too_many, one.span().start));
        self.diagnostics
    }
}

/// A piece of the query as a message repeats it: on one line and not too long.
pub fn excerpt(text: &str, span: Span) -> String {
    let piece = text.get(span.range()).unwrap_or_default();
    let mut characters = piece.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut excerpt: String = characters.by_ref().take(EXCERPT_CHARS_MAX).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
