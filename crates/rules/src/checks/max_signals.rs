//! Rules with very many alerts.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::limits;

pub(super) const CHECK: Check = Check {
    name: "max_signals",
    holds: "a rule that may give the most alerts says so to the reader",
    codes: &[codes::MAX_SIGNALS],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let told = [&rule.note, &rule.setup].into_iter().flatten();
    let told = told.map(|text| text.to_lowercase());
    let told = told.into_iter().any(|text| text.contains("max_signals") || text.contains("maximum alerts"));
    if i64::from(rule.max_signals) == limits::SIGNALS_MAX && !told {
        let message = format!("the rule may give {} alerts in a run, and does not say so", rule.max_signals);
        let finding = Diagnostic::error(codes::MAX_SIGNALS, subject.span("rule.max_signals"), message);
        found.push(finding.help("say in `setup` or `note` what `max_signals` means for the reader"));
    }
}
