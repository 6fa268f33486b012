//! What is new.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "new_terms",
    holds: "a new terms rule looks back further for old values than for new ones, and names each field once",
    codes: &[codes::NEW_TERMS],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let RuleKind::NewTerms(terms) = &rule.kind else { return };
    let history = &terms.history_window.start;
    if history.seconds <= rule.from.seconds {
        let message =
            format!("the history, `{}`, does not reach back before `{}`", history.text, rule.from.text);
        let span = subject.span("rule.new_terms.history_window_start.0.value");
        let finding = Diagnostic::error(codes::NEW_TERMS, span, message)
            .label(subject.span("rule.from"), "how far a run looks back");
        found.push(finding.help("write a longer history, such as `now-14d`"));
    }
    for (i, field) in terms.fields.iter().enumerate() {
        if terms.fields[..i].contains(field) {
            let span = subject.span(&format!("rule.new_terms.value.{i}"));
            let message = format!("field `{}` is named twice", excerpt(field));
            found.push(Diagnostic::error(codes::NEW_TERMS, span, message).help("name it once"));
        }
    }
}
