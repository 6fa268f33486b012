//! What a query in ES|QL begins with, and what becomes of its rows.

use brokerwatch_esql::ast::{Identifier, Pattern, PatternPart, Piece, Query};
use brokerwatch_esql::commands::{Command, From, FromItem, Keep, Source};

/// The `FROM` that it begins with.
pub(super) fn from(query: &Query) -> Option<&From> {
    match &query.source.node {
        Source::From(from) => Some(from),
        _ => None,
    }
}

/// The names of indices, also of queries inside, without those that are left out.
pub(super) fn indices(query: &Query) -> Vec<String> {
    let items = from(query).into_iter().flat_map(|from| &from.items);
    let names = items.flat_map(|item| match item {
        FromItem::Index(index) => vec![index.name.clone()],
        FromItem::Subquery(inner) => indices(inner),
    });
    names.filter(|name| !name.starts_with('-')).collect()
}

/// The metadata fields of the `FROM`.
pub(super) fn metadata(query: &Query) -> &[Identifier] {
    from(query).map_or(&[], |from| &from.metadata)
}

/// Whether a row of the result is no event: rows were put together, or do not come from an index.
pub(super) fn aggregates(query: &Query) -> bool {
    from(query).is_none()
        || query
            .commands
            .iter()
            .any(|step| matches!(step.node, Command::Stats(_) | Command::Fuse(_)))
}

/// The last `KEEP`.
pub(super) fn keep(query: &Query) -> Option<&Keep> {
    query.commands.iter().rev().find_map(|step| match &step.node {
        Command::Keep(keep) => Some(keep),
        _ => None,
    })
}

/// A pattern as text, with `*` for any text; none while a parameter stands in it.
pub(super) fn pattern(pattern: &Pattern) -> Option<String> {
    let parts: Option<Vec<String>> = pattern.parts.iter().map(part).collect();
    parts.map(|parts| parts.join("."))
}

fn part(part: &PatternPart) -> Option<String> {
    let PatternPart::Glob(pieces) = part else { return None };
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Any => "*",
    });
    Some(texts.collect())
}
