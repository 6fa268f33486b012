//! Lays text out in lines: pieces, the places where a line may break, and groups that break together.
//!
//! A group stands on one line if it fits, with what follows it up to the next place for a break; otherwise all the
//! places that belong to it directly become line breaks, and the groups inside it are tried again.

use std::borrow::Cow;

use crate::limits::LINE_CHARS_MAX;

/// Text to be laid out.
#[derive(Debug)]
pub(crate) enum Doc {
    /// Nothing.
    Empty,
    /// Text that stays as it is.
    Text(Cow<'static, str>),
    /// A blank, or a line break.
    Blank,
    /// Nothing, or a line break.
    Edge,
    /// Always a line break.
    Break,
    /// One after the other.
    Row(Vec<Doc>),
    /// Lines that begin this much further in.
    Indent(usize, Box<Doc>),
    /// What is tried on one line.
    Group(Box<Doc>),
}

/// Text that stays as it is.
pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Doc {
    Doc::Text(text.into())
}

/// One after the other.
pub(crate) fn row(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Row(parts.into_iter().collect())
}

/// What is tried on one line.
pub(crate) fn group(part: Doc) -> Doc {
    Doc::Group(Box::new(part))
}

/// Lines that begin further in.
pub(crate) fn indent(columns: usize, part: Doc) -> Doc {
    Doc::Indent(columns, Box::new(part))
}

/// Parts with a comma and a place for a break between them.
pub(crate) fn commas(parts: impl IntoIterator<Item = Doc>) -> Doc {
    joined(parts, ",")
}

/// Parts with `joint` and a place for a break between them.
pub(crate) fn joined(parts: impl IntoIterator<Item = Doc>, joint: &'static str) -> Doc {
    let mut all = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.extend([text(joint), Doc::Blank]);
        }
        all.push(part);
    }
    Doc::Row(all)
}

/// Parts between an opening and a closing sign, which stand on lines of their own where the parts do not fit.
pub(crate) fn enclosed(open: &'static str, inner: Doc, close: &'static str) -> Doc {
    let inner = indent(2, row([Doc::Edge, inner]));
    group(row([text(open), inner, Doc::Edge, text(close)]))
}

/// The text with its line breaks.
pub(crate) fn print(doc: &Doc) -> String {
    let mut page = Page { text: String::new(), column: 0 };
    let mut waiting = vec![Item { doc, indent: 0, flat: false }];
    while let Some(item) = waiting.pop() {
        let Item { doc, indent, flat } = item;
        match doc {
            Doc::Empty => {}
            Doc::Text(piece) => page.push(piece),
            Doc::Blank if flat => page.push(" "),
            Doc::Edge if flat => {}
            Doc::Blank | Doc::Edge | Doc::Break => page.new_line(indent),
            Doc::Row(parts) => {
                waiting.extend(parts.iter().rev().map(|doc| Item { doc, ..item }));
            }
            Doc::Indent(more, part) => {
                waiting.push(Item { doc: part, indent: indent + more, flat });
            }
            Doc::Group(part) => {
                let flat = flat || fits(part, &waiting, page.column);
                waiting.push(Item { doc: part, indent, flat });
            }
        }
    }
    page.text
}

/// A part that waits to be written.
#[derive(Clone, Copy)]
struct Item<'d> {
    doc: &'d Doc,
    indent: usize,
    flat: bool,
}

struct Page {
    text: String,
    column: usize,
}

impl Page {
    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        match piece.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += piece.chars().count(),
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}

/// Whether a part fits the line from `column` on, with what waits behind it up to the next line break.
fn fits(part: &Doc, waiting: &[Item<'_>], column: usize) -> bool {
    let Some(mut room) = LINE_CHARS_MAX.checked_sub(column) else { return false };
    let mut behind = waiting.iter().rev();
    let mut inside = vec![(part, true)];
    loop {
        let (doc, flat) = match inside.pop() {
            Some(next) => next,
            None => match behind.next() {
                Some(item) => (item.doc, item.flat),
                None => return true,
            },
        };
        let width = match doc {
            Doc::Empty => 0,
            Doc::Text(piece) if piece.contains('\n') => return false,
            Doc::Text(piece) => piece.chars().count(),
            Doc::Blank if flat => 1,
            Doc::Edge if flat => 0,
            // Past the group a line may break here, and in the group it has to, so that the group is no line.
            Doc::Blank | Doc::Edge => return true,
            Doc::Break => return !flat,
            Doc::Row(parts) => {
                inside.extend(parts.iter().rev().map(|part| (part, flat)));
                0
            }
            Doc::Indent(_, part) | Doc::Group(part) => {
                inside.push((part, flat));
                0
            }
        };
        match room.checked_sub(width) {
            Some(left) => room = left,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize) -> Doc {
        commas((0..count).map(|_| text("word")))
    }

    #[test]
    fn a_group_is_on_one_line_or_broken_everywhere() {
        assert_eq!(print(&enclosed("(", words(3), ")")), "(word, word, word)");
        let long = print(&enclosed("(", words(20), ")"));
        assert_eq!(long, format!("(\n  {}word\n)", "word,\n  ".repeat(19)));
    }

    #[test]
    fn what_follows_a_group_counts_up_to_the_next_break() {
        let behind = |count: usize| row([group(words(16)), text("x".repeat(count)), Doc::Break]);
        assert_eq!(print(&behind(6)).lines().count(), 1, "94 and 6 characters");
        assert_eq!(print(&behind(7)).lines().count(), 16, "one more");
    }
}
