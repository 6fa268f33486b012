//! The columns that a query in ES|QL leaves.

use brokerwatch_esql::catalog::glob;
use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, esql_metadata, esql_rows};
use crate::fields::listed;

pub(super) const CHECK: Check = Check {
    name: "esql_keep",
    holds: "a query in ES|QL names with KEEP what it leaves, and if its rows are events, what tells them apart",
    codes: &[codes::ESQL_KEEP],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(statement) = subject.esql() else { return };
    let query = &statement.query;
    let mut say = |span, message: String, help: String| {
        let finding = Diagnostic::error(codes::ESQL_KEEP, span, message).help(help);
        found.push(subject.rule.in_file(finding));
    };
    let Some(keep) = esql_rows::keep(query) else {
        let help = "name the columns of the alert with `| KEEP` at the end".to_owned();
        say(query.source.word.0, "a query without `KEEP`".to_owned(), help);
        return;
    };
    if esql_rows::aggregates(query) {
        return;
    }
    let kept: Vec<String> = keep.patterns.iter().filter_map(esql_rows::pattern).collect();
    let missing: Vec<&str> = esql_metadata::FIELDS
        .iter()
        .filter(|field| !kept.iter().any(|pattern| glob(pattern, field)))
        .copied()
        .collect();
    if !missing.is_empty() {
        let span = keep.patterns.first().map(|pattern| pattern.place.0).unwrap_or_default();
        let message = format!("`KEEP` leaves out {}", listed(&missing));
        let help = format!("write `KEEP {}, ...`", esql_metadata::FIELDS.join(", "));
        say(span, message, help);
    }
}
