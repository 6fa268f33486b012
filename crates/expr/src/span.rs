//! A place in a text that a person wrote.

use std::ops::Range;

/// A range of bytes in a query or rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The span of `range`; texts are bounded far below 4 GiB (`limits::QUERY_BYTES_MAX`).
    pub fn new(range: Range<usize>) -> Span {
        Span { start: range.start as u32, end: range.end as u32 }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same place, `bytes` further on: a query inside a file.
    #[must_use]
    pub fn shifted(self, bytes: usize) -> Span {
        Span { start: self.start + bytes as u32, end: self.end + bytes as u32 }
    }

    /// As a range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
