//! The form of a query in KQL.

use brokerwatch_expr::Diagnostic;
use brokerwatch_kql::ast::{Clause, Kind, Language, Term, Test};

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "kql_form",
    holds: "values of one field that stand side by side in KQL share one list",
    codes: &[codes::KQL_FORM],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = &subject.rule.search else { return };
    if query.language == Language::Kuery {
        clause(&query.clause, &mut |finding| found.push(subject.rule.in_file(finding)));
    }
}

fn clause(of: &Clause, say: &mut impl FnMut(Diagnostic)) {
    match &of.kind {
        Kind::Or(parts) => {
            repeated(parts, "or", say);
            parts.iter().for_each(|part| clause(part, say));
        }
        Kind::And(parts) => {
            repeated(parts, "and", say);
            parts.iter().for_each(|part| clause(part, say));
        }
        Kind::Not(inner) | Kind::Nested(_, inner) => clause(inner, say),
        Kind::All | Kind::Occur(_) | Kind::Test(..) => {}
    }
}

/// Says where a field is named again whose values could stand in the list of the first. The values of one list have the
/// very same name before them, at the same place.
fn repeated(parts: &[Clause], word: &str, say: &mut impl FnMut(Diagnostic)) {
    let mut first: Vec<&Term> = Vec::new();
    for part in parts {
        let Kind::Test(Some(field), Test::Is(_)) = &part.kind else { continue };
        match first.iter().find(|known| **known == field) {
            None => first.push(field),
            Some(known) if known.span == field.span => {}
            Some(known) => {
                let message = format!("one field is named twice between `{word}`");
                let finding = Diagnostic::error(codes::KQL_FORM, field.span, message)
                    .label(known.span, "named here first")
                    .help(format!("write `field: (one {word} other)`"));
                say(finding);
            }
        }
    }
}
