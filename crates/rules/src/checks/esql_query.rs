//! Whether a query in ES|QL can be read, and its names and types fit ECS and the integrations.
//!
//! Elastic finds this only on a cluster. Errors of the query have the codes of ES|QL.

use brokerwatch_esql::ast::Statement;
use brokerwatch_esql::catalog::TableColumn;
use brokerwatch_esql::codes::UNKNOWN_COLUMN;
use brokerwatch_esql::dry::{data_type, settle};
use brokerwatch_esql::planner::OutputColumn;
use brokerwatch_esql::types::DataType;
use brokerwatch_expr::Diagnostic;

use super::known_fields::{self, Known, known};
use super::{Check, Subject, codes};
use crate::limits;

pub(super) const CHECK: Check = Check {
    name: "esql_query",
    holds: "a query in ES|QL can be read, and its names and types fit",
    codes: &[codes::UNKNOWN_FIELD],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    found.extend(subject.esql_errors().iter().map(|error| rule.in_file(error.clone())));
    if let Some(statement) = subject.esql() {
        let settled = settled(subject, statement);
        found.extend(settled.findings.into_iter().map(|finding| rule.in_file(finding)));
    }
}

/// What is known of a query before it runs.
pub(super) struct Settled {
    /// The columns that it leaves; none where they depend on what the site has, or are not known for errors.
    pub(super) columns: Option<Vec<OutputColumn>>,
    /// What is wrong, with places in the query.
    findings: Vec<Diagnostic>,
}

/// Settles names and types. A field that is not listed is taken as there, once it was told, so that what is wrong behind
/// it is found too; each round brings up such fields, and ends the matter if there are none.
pub(super) fn settled(subject: &Subject<'_>, statement: &Statement) -> Settled {
    let query = &subject.rule.query_text;
    let mut columns = known_fields::columns();
    let mut findings = Vec::new();
    let mut unsure: Vec<String> = Vec::new();
    for round in 1.. {
        let errors = match settle(query, statement, &columns) {
            Ok(columns) => return Settled { columns, findings },
            Err(errors) => errors,
        };
        let mut added = false;
        for error in errors.iter().filter(|error| error.code == UNKNOWN_COLUMN) {
            let name = query.get(error.span().range()).unwrap_or_default().replace('`', "");
            // A column that the table has, and that is not there any more at this place.
            if columns.iter().any(|column| column.name == name) {
                continue;
            }
            findings.extend(known_fields::finding(subject, &name, error.span()));
            columns.push(TableColumn::new(&name, type_of(&name), false));
            if !matches!(known(&name), Known::Listed(_)) {
                unsure.push(name);
            }
            added = true;
        }
        if !added || round == limits::SETTLE_ROUNDS_MAX {
            // Where the type of a field was made up, it is no news that it does not fit.
            let sure = |error: &Diagnostic| {
                let text = query.get(error.span().range()).unwrap_or_default();
                !unsure.iter().any(|name| text.contains(name.as_str()))
            };
            findings.extend(errors.into_iter().filter(sure));
            break;
        }
    }
    Settled { columns: None, findings }
}

fn type_of(name: &str) -> DataType {
    let ty = match known(name) {
        Known::Listed(ty) | Known::Below(ty) => data_type(ty),
        Known::No => None,
    };
    ty.unwrap_or(DataType::Keyword)
}
