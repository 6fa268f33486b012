//! What the sources of a query name: tables of events, lookup tables and enrich policies.
//!
//! This crate opens nothing. Whoever runs a query hands it a [`Catalog`].

use std::collections::BTreeSet;
use std::sync::Arc;

use brokerwatch_expr::Diagnostic;
use datafusion::catalog::TableProvider;

use crate::ast::Index;
use crate::locations::Locations;
use crate::types::DataType;

/// Where tables come from.
pub trait Catalog {
    /// The rows behind the names of a `FROM`.
    fn table(&self, request: &TableRequest<'_>) -> Result<Table, CatalogError>;

    /// The rows of a lookup table.
    fn lookup(&self, name: &str) -> Result<Table, CatalogError>;

    /// An enrich policy.
    fn policy(&self, name: &str) -> Result<Policy, CatalogError>;

    /// A database of locations: the one of a name, or the one that there is.
    fn locations(&self, name: Option<&str>) -> Result<Locations, CatalogError> {
        Err(CatalogError::Unknown {
            name: name.unwrap_or_default().to_owned(),
            similar: Vec::new(),
        })
    }

    /// The events that an EQL query finds.
    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError>;
}

/// What a `FROM` asks for.
#[derive(Debug)]
pub struct TableRequest<'a> {
    /// The names, patterns and exclusions (a `-` in front) as written.
    pub indices: &'a [Index],
    /// The metadata fields that the table must have beside its own columns, such as `_id`.
    pub metadata: &'a [String],
    /// The columns that the query can use. A table may leave out all others.
    pub wanted: &'a Wanted,
}

/// What an `EQL` source asks for.
#[derive(Debug)]
pub struct EqlRequest<'a> {
    /// The names, patterns and exclusions as written.
    pub indices: &'a [Index],
    /// The query.
    pub query: &'a str,
    /// The metadata fields.
    pub metadata: &'a [String],
    /// Options by name, such as `timestamp_field`.
    pub options: &'a [(String, String)],
    /// The columns that the query can use.
    pub wanted: &'a Wanted,
}

/// The columns that a query can use, as far as its text shows: never too few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether every column can come out.
    pub all: bool,
    /// Names that the query uses. Some are its own: names of columns that it computes, or of lookup tables.
    pub names: BTreeSet<String>,
    /// Patterns with `*` that the query uses.
    pub patterns: BTreeSet<String>,
}

/// Rows with columns.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns, without metadata fields, in any order.
    pub columns: Vec<TableColumn>,
    /// The metadata fields that were asked for, as columns.
    pub metadata: Vec<TableColumn>,
    /// The rows. Its schema has a field for each column and each metadata field, found by name, of the Arrow type
    /// `ty.arrow_column(multi)`. It may have more.
    pub provider: Arc<dyn TableProvider>,
    /// Whether the source has no schema of its own, so that a name that no row has is null and no error.
    pub open: bool,
    /// Remarks for the user: names that were passed over, prefixes that mean nothing here.
    pub remarks: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// The full name, with dots.
    pub name: String,
    /// The type of its values.
    pub ty: DataType,
    /// Whether a row may have several values.
    pub multi: bool,
    /// Why it cannot be used: the types that conflict or are unknown, where `ty` is [`DataType::Unsupported`].
    pub conflict: Vec<String>,
}

impl TableColumn {
    /// A column that can be used.
    pub fn new(name: impl Into<String>, ty: DataType, multi: bool) -> TableColumn {
        TableColumn { name: name.into(), ty, multi, conflict: Vec::new() }
    }
}

/// An enrich policy: a table that is searched by one of its fields.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The field that is compared; the default of `ON`.
    pub match_field: String,
    /// How it is compared.
    pub kind: PolicyKind,
    /// The fields that are added; the default of `WITH`.
    pub fields: Vec<String>,
    /// The rows.
    pub table: Table,
}

/// How a policy compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyKind {
    /// Equal values.
    Match,
    /// The policy's field is an address block, or a range `from-to` of numbers: all that there are.
    Range(Arc<[Box<str>]>),
}

/// Why there is no table.
#[derive(Debug)]
pub enum CatalogError {
    /// Nothing has the name.
    Unknown {
        /// The name, as it was written.
        name: String,
        /// Names that are close.
        similar: Vec<String>,
    },
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// A query inside has errors, with places in its own text.
    Query(Vec<Diagnostic>),
}

impl Wanted {
    /// Whether a column of that name can be used.
    pub fn has(&self, name: &str) -> bool {
        self.all
            || self.names.contains(name)
            || self.patterns.iter().any(|pattern| glob(pattern, name))
    }
}

/// Whether a name matches a pattern in which `*` stands for any text.
pub fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name, matches) in [
            ("*", "", true),
            ("host.*", "host.name", true),
            ("host.*", "hostname", false),
            ("*.ip", "source.ip", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a.b.b.c", true),
            ("name", "name", true),
            ("name", "names", false),
        ] {
            assert_eq!(glob(pattern, name), matches, "{pattern} {name}");
        }
    }
}
