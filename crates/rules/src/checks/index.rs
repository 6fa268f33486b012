//! Where the events come from.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "index",
    holds: "a rule that is not in ES|QL says what it reads",
    codes: &[codes::NO_INDEX],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let names_none = match rule.kind {
        RuleKind::Esql | RuleKind::MachineLearning(_) => false,
        _ => rule.index.is_empty() && rule.data_view_id.is_none(),
    };
    if names_none {
        let span = subject.span("rule.index");
        let message = "the rule has neither `index` nor `data_view_id`";
        let finding = Diagnostic::error(codes::NO_INDEX, span, message);
        found.push(finding.help("add `index` with the patterns of what it reads"));
    }
}
