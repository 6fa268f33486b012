//! A query settled without data: whether its names and types fit the fields that there are known to be.
//!
//! What a site keeps, its lookup tables and enrich policies, is not known here. Commands are settled up to the first that
//! needs one; nothing is said of those behind it, because their columns are unknown.

use std::sync::Arc;

use brokerwatch_ecs::{FIELDS, Type};
use brokerwatch_expr::Diagnostic;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::datasource::empty::EmptyTable;

use crate::ast::{Query, Statement, Step};
use crate::catalog::{
    Catalog, CatalogError, EqlRequest, Policy, Table, TableColumn, TableRequest, Wanted,
};
use crate::commands::{Command, FromItem, Source};
use crate::planner::{Options, OutputColumn, plan};
use crate::types::DataType;

/// The columns of a query over tables that have `columns` and no others, or all that is wrong with it; the places are in
/// `text`.
///
/// No columns come back for a query that needs a table of the site.
pub fn settle(
    text: &str,
    statement: &Statement,
    columns: &[TableColumn],
) -> Result<Option<Vec<OutputColumn>>, Vec<Diagnostic>> {
    let mut statement = statement.clone();
    if source_needs_site(&statement.query) {
        return Ok(None);
    }
    let known = statement.query.commands.iter().take_while(|step| !needs_site(step)).count();
    let whole = known == statement.query.commands.len();
    statement.query.commands.truncate(known);
    let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
    let prepared = plan(text, &statement, &Known { columns }, &options)?;
    Ok(whole.then_some(prepared.columns))
}

/// The columns that ECS has.
pub fn ecs_columns() -> impl Iterator<Item = TableColumn> {
    FIELDS.iter().filter(|field| !field.nested).filter_map(|field| {
        let ty = match field.ty {
            Type::Keyword if field.name.ends_with("geo.location") => DataType::GeoPoint,
            ty => data_type(ty)?,
        };
        Some(TableColumn::new(field.name, ty, field.array))
    })
}

/// The type of a column that holds a field; none for one of no fixed type.
pub fn data_type(ty: Type) -> Option<DataType> {
    Some(match ty {
        Type::Keyword => DataType::Keyword,
        Type::Long => DataType::Long,
        Type::Double => DataType::Double,
        Type::Boolean => DataType::Boolean,
        Type::Ip => DataType::Ip,
        Type::Date | Type::DateNanos => DataType::Date,
        Type::Version => DataType::Version,
        Type::Dynamic | Type::Null => return None,
    })
}

/// Whether the rows that a query begins with depend on a table of the site.
fn source_needs_site(query: &Query) -> bool {
    let Source::From(from) = &query.source.node else { return false };
    from.items.iter().any(|item| match item {
        FromItem::Index(_) => false,
        FromItem::Subquery(inner) => {
            source_needs_site(inner) || inner.commands.iter().any(needs_site)
        }
    })
}

fn needs_site(step: &Step<Command>) -> bool {
    match &step.node {
        Command::Enrich(_) | Command::IpLocation(_) | Command::LookupJoin(_) => true,
        Command::Fork(fork) => fork.branches.iter().flatten().any(needs_site),
        _ => false,
    }
}

/// Tables without rows, all with the same columns.
struct Known<'c> {
    columns: &'c [TableColumn],
}

impl Known<'_> {
    /// The columns that the query can use: planning all of them takes a second.
    fn table_with(&self, metadata: &[String], wanted: &Wanted) -> Table {
        let used = self.columns.iter().filter(|column| wanted.has(&column.name));
        let columns: Vec<TableColumn> = used.cloned().collect();
        let metadata: Vec<TableColumn> = metadata
            .iter()
            .filter_map(|name| {
                let (_, ty) = METADATA.iter().find(|(known, _)| known == name)?;
                Some(TableColumn::new(name, *ty, name == "_ignored"))
            })
            .collect();
        let fields: Vec<Field> = columns
            .iter()
            .chain(&metadata)
            .map(|column| Field::new(&column.name, column.ty.arrow_column(column.multi), true))
            .collect();
        Table {
            columns,
            metadata,
            provider: Arc::new(EmptyTable::new(Arc::new(Schema::new(fields)))),
            open: false,
            remarks: Vec::new(),
        }
    }
}

/// The metadata fields that a table may be asked for.
const METADATA: &[(&str, DataType)] = &[
    ("_id", DataType::Keyword),
    ("_ignored", DataType::Keyword),
    ("_index", DataType::Keyword),
    ("_index_mode", DataType::Keyword),
    ("_score", DataType::Double),
    ("_size", DataType::Integer),
    ("_source", DataType::Source),
    ("_version", DataType::Long),
];

impl Catalog for Known<'_> {
    fn table(&self, request: &TableRequest<'_>) -> Result<Table, CatalogError> {
        Ok(self.table_with(request.metadata, request.wanted))
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        Err(unknown(name))
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        Err(unknown(name))
    }

    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        Ok(self.table_with(request.metadata, request.wanted))
    }
}

fn unknown(name: &str) -> CatalogError {
    CatalogError::Unknown { name: name.to_owned(), similar: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Result<Option<&str>, &str>) {
        let columns: Vec<TableColumn> = ecs_columns().collect();
        let statement = crate::parse(query).unwrap();
        let found = settle(query, &statement, &columns);
        let found = found.map(|columns| {
            columns.map(|all| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(" "))
        });
        let found = found.map_err(|errors| errors[0].code);
        assert_eq!(found, expected.map(|names| names.map(str::to_owned)));
    }

    #[test]
    fn names_and_types_are_settled_without_rows() {
        use crate::codes::{TYPE, UNKNOWN_COLUMN};

        check("FROM logs-* METADATA _id | KEEP host.name, _id", Ok(Some("host.name _id")));
        check("FROM logs-* | STATS n = COUNT(*) BY host.name", Ok(Some("n host.name")));
        check("FROM logs-* | KEEP host.nome", Err(UNKNOWN_COLUMN));
        check("FROM logs-* | WHERE destination.port == \"1883\"", Err(TYPE));
    }

    #[test]
    fn nothing_is_said_behind_a_table_of_the_site() {
        check("FROM logs-* | LOOKUP JOIN assets ON host.name | KEEP owner", Ok(None));
        check("FROM logs-* | ENRICH owners ON host.name | KEEP owner", Ok(None));
        check(
            "FROM logs-* | KEEP nothing | LOOKUP JOIN assets ON host.name",
            Err(crate::codes::UNKNOWN_COLUMN),
        );
    }
}
