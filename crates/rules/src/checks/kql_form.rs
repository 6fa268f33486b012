//! The form of a query in KQL.

use brokerwatch_expr::Diagnostic;
use brokerwatch_kql::ast::{Clause, Kind, Language, Term, Test};

use super::{Check, Subject, codes};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "kql_form",
    holds: "values of one field that stand side by side in KQL share one list",
    codes: &[codes::KQL_FORM],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(query) = &subject.rule.search else { return };
    if query.language == Language::Kuery {
        let text = &subject.rule.query_text;
        clause(&query.clause, text, &mut |finding| found.push(subject.rule.in_file(finding)));
    }
}

fn clause(of: &Clause, text: &str, say: &mut impl FnMut(Diagnostic)) {
    match &of.kind {
        Kind::Or(parts) => {
            repeated(parts, "or", text, say);
            parts.iter().for_each(|part| clause(part, text, say));
        }
        Kind::And(parts) => {
            repeated(parts, "and", text, say);
            parts.iter().for_each(|part| clause(part, text, say));
        }
        Kind::Not(inner) | Kind::Nested(_, inner) => clause(inner, text, say),
        Kind::All | Kind::Occur(_) | Kind::Test(..) => {}
    }
}

/// Says where a field is named again whose values could stand in the list of the first. The values of one list have the
/// very same name before them, at the same place.
fn repeated(parts: &[Clause], word: &str, text: &str, say: &mut impl FnMut(Diagnostic)) {
    let mut first: Vec<&Term> = Vec::new();
    for part in parts {
        let Kind::Test(Some(field), Test::Is(_)) = &part.kind else { continue };
        match first.iter().find(|known| **known == field) {
            None => first.push(field),
            Some(known) if known.span == field.span => {}
            Some(known) => {
                let name = excerpt(text.get(field.span.range()).unwrap_or_default());
                let message = format!("field `{name}` is named again between `{word}`");
                let finding = Diagnostic::error(codes::KQL_FORM, field.span, message)
                    .label(known.span, "named here first")
                    .help(format!("write `{name}:(one {word} other)`"));
                say(finding);
            }
        }
    }
}
