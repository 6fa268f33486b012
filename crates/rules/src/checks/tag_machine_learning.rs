//! The tags of jobs of machine learning.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "tag_machine_learning",
    holds: "a machine learning rule has both tags of its kind",
    codes: &[codes::TAG_MACHINE_LEARNING],
    run,
};

const TAGS: &[&str] = &["Rule Type: ML", "Rule Type: Machine Learning"];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    if !matches!(subject.rule.kind, RuleKind::MachineLearning(_)) {
        return;
    }
    for tag in TAGS.iter().filter(|tag| !subject.rule.tags.iter().any(|own| own == **tag)) {
        let message = format!("a machine learning rule has no tag `{tag}`");
        let span = subject.span("rule.tags");
        let finding = Diagnostic::error(codes::TAG_MACHINE_LEARNING, span, message);
        found.push(finding.help(format!("add the tag `{tag}`")));
    }
}
