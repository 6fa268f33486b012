//! The names of computed columns.

use brokerwatch_expr::Diagnostic;

use super::known_fields::{Known, known};
use super::{Check, Subject, codes, esql_names};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "esql_columns",
    holds: "columns that a query in ES|QL computes begin with `Esql.`",
    codes: &[codes::ESQL_PREFIX],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(statement) = subject.esql() else { return };
    for (name, span) in esql_names::made(&statement.query.commands) {
        // A name of ECS, or one for passing use that is never shown, is what its writer meant.
        let fine = name.starts_with("Esql.") || name.starts_with("Esql_priv.");
        if fine || !matches!(known(&name), Known::No) {
            continue;
        }
        let message = format!("computed column `{}` has no `Esql.` before its name", excerpt(&name));
        let finding = Diagnostic::warning(codes::ESQL_PREFIX, span, message)
            .help("write `Esql.` before it, so that it never meets a field of the alert");
        found.push(subject.rule.in_file(finding));
    }
}
