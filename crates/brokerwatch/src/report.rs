//! What goes to standard error: diagnostics with their excerpt, and plain messages.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use brokerwatch_expr::{Diagnostic, Severity};

/// Shows an error that has no place in a text.
pub(crate) fn error(message: &str) {
    line(&format!("error: {message}"));
}

/// Shows a remark, unless the person asked for none.
pub(crate) fn note(message: &str) {
    if !is_quiet() {
        line(message);
    }
}

/// Whether remarks and progress are left out, for the rest of the run.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out remarks and progress from now on. Errors are still shown.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether remarks and progress are left out.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

fn line(text: &str) {
    // Nothing can be done when standard error itself is gone.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Shows findings in a text, each with its excerpt and the way out.
pub(crate) fn diagnostics(path: &str, text: &str, diagnostics: &[Diagnostic]) {
    let renderer = Renderer::styled();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut snippet = Snippet::source(text).path(path);
        for (i, (span, remark)) in diagnostic.labels.iter().enumerate() {
            let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let range = span.range();
            let range = range.start.min(text.len())..range.end.min(text.len());
            snippet = snippet.annotation(kind.span(range).label(remark.as_str()));
        }
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
        let mut group = Group::with_title(title).element(snippet);
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        line(&renderer.render(&[group]));
    }
}
