//! Changed copies of queries, to find out whether the tests of a rule would notice the change.

use crate::Span;

/// A query with one change.
#[derive(Debug, Clone)]
pub struct Mutant<T> {
    /// Where the change is, in the text of the unchanged query.
    pub span: Span,
    /// What was changed, on one line: ``without `a == 1` ``.
    pub change: String,
    /// The changed query.
    pub tree: T,
}

/// A piece of a query on one line, for [`Mutant::change`].
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the item of a list that begins at a byte of a query stands right behind a marker `/* $Name */`, so that it and
/// the items behind it are filled from a list of the pack.
pub fn is_marked(query: &str, item: Span) -> bool {
    let before = query.get(..item.start as usize).unwrap_or_default().trim_end();
    before.strip_suffix("*/").is_some_and(|rest| {
        rest.rfind("/*").is_some_and(|at| rest[at + 2..].trim_start().starts_with('$'))
    })
}

/// Of the items of a list, by their places: which may be left out. Those that a marked list fills are the list's concern,
/// and a list keeps one item.
pub fn droppable(query: &str, items: &[Span]) -> std::ops::Range<usize> {
    let own = items.iter().position(|item| is_marked(query, *item)).unwrap_or(items.len());
    if items.len() < 2 { 0..0 } else { 0..own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_items_and_those_behind_them_are_the_lists_own() {
        let query = "a in (1, /* $Ports.mqtt */ 2, 3) and b in (4 /* x */, 5)";
        let span = |item: &str| {
            let at = query.find(item).unwrap();
            Span::new(at..at + item.len())
        };
        assert_eq!(droppable(query, &[span("1"), span("2"), span("3")]), 0..1);
        assert_eq!(droppable(query, &[span("4"), span("5")]), 0..2);
        assert_eq!(droppable(query, &[span("4")]), 0..0);
    }
}
