//! How alerts are suppressed.

use brokerwatch_eql::ast::Query;
use brokerwatch_expr::Diagnostic;

use super::esql_query::settled;
use super::{Check, Subject, codes, known_fields, min_stack};
use crate::RuleKind;
use crate::fields::listed;
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "suppression",
    holds: "a rule groups its alerts by fields that they have, and does so where the stack can",
    codes: &[codes::SUPPRESSION_FIELD, codes::SUPPRESSION_SEQUENCE],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(suppression) = &subject.rule.suppression else { return };
    match subject.esql() {
        Some(statement) => {
            let Some(columns) = settled(subject, statement).columns else { return };
            for (i, field) in suppression.group_by.iter().enumerate() {
                if columns.iter().any(|column| column.name == *field) {
                    continue;
                }
                let message = format!("the query leaves no column `{}` to group by", excerpt(field));
                let names: Vec<&str> =
                    columns.iter().take(10).map(|column| column.name.as_str()).collect();
                let span = subject.span(&path(i));
                let finding = Diagnostic::error(codes::SUPPRESSION_FIELD, span, message);
                found.push(finding.help(format!("it leaves {}", listed(&names))));
            }
        }
        None => {
            for (i, field) in suppression.group_by.iter().enumerate() {
                let finding = known_fields::finding(subject, field, subject.span(&path(i)));
                found.extend(finding.map(|mut finding| {
                    finding.code = codes::SUPPRESSION_FIELD;
                    finding
                }));
            }
        }
    }
    if is_sequence(subject) && min_stack::version(subject).is_some_and(|stack| stack < (8, 18)) {
        let span = subject.span("rule.alert_suppression");
        let message = "stacks before 8.18 suppress no alerts of sequences";
        let finding = Diagnostic::error(codes::SUPPRESSION_SEQUENCE, span, message)
            .label(subject.span("metadata.min_stack_version"), "the rule is to run there");
        found.push(finding.help("raise `min_stack_version` to 8.18.0, or leave suppression out"));
    }
}

fn path(i: usize) -> String {
    format!("rule.alert_suppression.group_by.{i}")
}

/// Whether the query is a sequence of EQL.
pub(super) fn is_sequence(subject: &Subject<'_>) -> bool {
    match &subject.rule.kind {
        RuleKind::Eql { statement } => matches!(statement.query, Query::Sequence(_)),
        _ => false,
    }
}
