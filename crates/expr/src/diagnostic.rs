//! What is wrong with a text that a person wrote, and the way out.

use crate::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used, but hardly means what it says.
    Warning,
}

/// One finding: a stable code, a message, the places it speaks of, and a way out.
///
/// Messages are lower case without a full stop, name the thing, and speak to nobody
/// (``unknown field `destination.prot` ``). The first label is the place itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A code that is never used again for anything else, such as `EQL003`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The places, the first being the main one; each with a remark that may be empty.
    pub labels: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![(span, String::new())],
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place with a remark.
    #[must_use]
    pub fn label(mut self, span: Span, remark: impl Into<String>) -> Diagnostic {
        self.labels.push((span, remark.into()));
        self
    }

    /// The main place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|(span, _)| *span).unwrap_or_default()
    }

    /// The same finding in a text that begins `bytes` before this one.
    #[must_use]
    pub fn shifted(mut self, bytes: usize) -> Diagnostic {
        for (span, _) in &mut self.labels {
            *span = span.shifted(bytes);
        }
        self
    }
}

/// Line and column, both from 1 and the column in characters, of a byte in a text.
pub fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    let column = 1 + before[start..].iter().filter(|&&b| b & 0xC0 != 0x80).count();
    (line, column)
}
