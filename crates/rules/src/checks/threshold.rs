//! By how many fields a threshold rule groups.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, min_stack};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "threshold",
    holds: "a threshold rule for stacks before 9.2 groups by three fields at most",
    codes: &[codes::THRESHOLD_FIELDS],
    run,
};

/// Most fields before 9.2.
const FIELDS_MAX_BEFORE: usize = 3;

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let RuleKind::Threshold(threshold) = &subject.rule.kind else { return };
    let newer = min_stack::version(subject).is_some_and(|stack| (9, 2) <= stack);
    if threshold.fields.len() <= FIELDS_MAX_BEFORE || newer {
        return;
    }
    let message = format!(
        "stacks before 9.2 group by {FIELDS_MAX_BEFORE} fields at most, not {}",
        threshold.fields.len()
    );
    let span = subject.span("rule.threshold.field");
    let finding = Diagnostic::error(codes::THRESHOLD_FIELDS, span, message);
    found.push(finding.help("say `min_stack_version = \"9.2.0\"`, or name fewer fields"));
}
