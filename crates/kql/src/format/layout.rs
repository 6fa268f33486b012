//! Breaks a written query into lines where it is too long for one.

use crate::limits::LINE_CHARS_MAX;

/// A piece of a written query.
#[derive(Debug)]
pub(super) enum Doc {
    /// What stands on one line whatever its length.
    Text(String),
    /// Parts with an operator between each two; the line may end behind the operator.
    Chain(&'static str, Vec<Doc>),
    /// Something around another piece, which gets lines of its own where it is long.
    Around(String, Box<Doc>, &'static str),
    /// A word before another piece.
    Before(&'static str, Box<Doc>),
}

impl Doc {
    pub(super) fn around(before: impl Into<String>, inner: Doc, after: &'static str) -> Doc {
        Doc::Around(before.into(), Box::new(inner), after)
    }

    fn flat(&self, out: &mut String) {
        match self {
            Doc::Text(text) => out.push_str(text),
            Doc::Chain(operator, parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if 0 < i {
                        out.push_str(operator);
                        out.push(' ');
                    }
                    part.flat(out);
                }
            }
            Doc::Around(before, inner, after) => {
                out.push_str(before);
                inner.flat(out);
                out.push_str(after);
            }
            Doc::Before(word, inner) => {
                out.push_str(word);
                inner.flat(out);
            }
        }
    }

    fn lines(&self, indent: usize, out: &mut String) {
        let mut flat = String::new();
        self.flat(&mut flat);
        let used = out.rsplit('\n').next().unwrap_or_default().chars().count();
        if used + flat.chars().count() <= LINE_CHARS_MAX {
            out.push_str(&flat);
            return;
        }
        match self {
            Doc::Text(text) => out.push_str(text),
            Doc::Chain(operator, parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if 0 < i {
                        out.push_str(operator);
                        next_line(indent, out);
                    }
                    part.lines(indent, out);
                }
            }
            Doc::Around(before, inner, after) => {
                out.push_str(before.trim_end());
                next_line(indent + INDENT, out);
                inner.lines(indent + INDENT, out);
                next_line(indent, out);
                out.push_str(after.trim_start());
            }
            Doc::Before(word, inner) => {
                out.push_str(word);
                inner.lines(indent, out);
            }
        }
    }
}

/// Blanks for each level.
const INDENT: usize = 2;

fn next_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// The whole query.
pub(super) fn lines(doc: &Doc) -> String {
    let mut out = String::new();
    doc.lines(0, &mut out);
    out
}
