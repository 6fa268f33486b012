//! Writes a query back as text: one layout, the least parentheses, and lists of values where fields repeat.
//!
//! Reading what was written gives the same tree again. Notation that the query's language does not have, which no
//! parser puts into its tree, is written as the other language writes it.

use crate::ast::{Language, Query};

mod kuery;
mod layout;
mod lucene;

/// A query as text, on one line if it fits there.
pub fn format(query: &Query) -> String {
    let written = match query.language {
        Language::Kuery => kuery::written(&query.clause),
        Language::Lucene => lucene::written(&query.clause),
    };
    layout::lines(&written)
}
