//! What tells the events of a query in ES|QL apart.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, esql_rows};
use crate::fields::listed;

pub(super) const CHECK: Check = Check {
    name: "esql_metadata",
    holds: "a query in ES|QL whose rows are events asks for `_id`, `_version` and `_index`",
    codes: &[codes::ESQL_METADATA],
    run,
};

/// The fields that tell a document apart.
pub(super) const FIELDS: &[&str] = &["_id", "_version", "_index"];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(statement) = subject.esql() else { return };
    let query = &statement.query;
    if esql_rows::aggregates(query) {
        return;
    }
    let has = esql_rows::metadata(query);
    let missing: Vec<&str> = FIELDS
        .iter()
        .filter(|field| !has.iter().any(|own| own.text == **field))
        .copied()
        .collect();
    if missing.is_empty() {
        return;
    }
    let message = format!("the rows are events, and `FROM` does not ask for {}", listed(&missing));
    let finding = Diagnostic::error(codes::ESQL_METADATA, query.source.place.0, message)
        .help(format!("write `FROM ... METADATA {}`: without it each run alerts again", FIELDS.join(", ")));
    found.push(subject.rule.in_file(finding));
}
