//! The days of `[metadata]`.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "dates",
    holds: "a rule was not updated or retired before it was made",
    codes: &[codes::DATES],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let metadata = &subject.rule.metadata;
    // Days are written `YYYY/MM/DD`, whose order is that of the texts.
    let later = [
        ("updated_date", Some(&metadata.updated_date)),
        ("deprecation_date", metadata.deprecation_date.as_ref()),
    ];
    for (key, day) in later {
        let Some(day) = day.filter(|day| **day < metadata.creation_date) else { continue };
        let message = format!("`{key}` {day} is before `creation_date` {}", metadata.creation_date);
        let span = subject.span(&format!("metadata.{key}"));
        let finding = Diagnostic::error(codes::DATES, span, message)
            .label(subject.span("metadata.creation_date"), "made here");
        found.push(finding.help("correct one of the two"));
    }
}
