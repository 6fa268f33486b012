//! The tags of tactics.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "tag_tactic",
    holds: "each tactic of the rule, and no other, is a tag",
    codes: &[codes::TAG_TACTIC],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    // Tactics of ATLAS have tags of their own.
    let tactics = rule.threat.iter().filter(|threat| threat.framework == "MITRE ATT&CK");
    let wanted: Vec<String> =
        tactics.map(|threat| format!("Tactic: {}", threat.tactic.name)).collect();
    for (i, tag) in wanted.iter().enumerate() {
        if rule.tags.contains(tag) || wanted[..i].contains(tag) {
            continue;
        }
        let message = format!("the rule has no tag `{}`", excerpt(tag));
        let finding = Diagnostic::error(codes::TAG_TACTIC, subject.span("rule.tags"), message);
        found.push(finding.help("add the tag of each tactic under `threat`"));
    }
    let tags = rule.tags.iter().enumerate();
    for (i, tag) in tags.filter(|(_, tag)| tag.starts_with("Tactic: ") && !wanted.contains(tag)) {
        let message = format!("`{}` is no tactic of the rule", excerpt(tag));
        let span = subject.span(&format!("rule.tags.{i}"));
        let finding = Diagnostic::error(codes::TAG_TACTIC, span, message);
        found.push(finding.help("remove the tag, or add the tactic under `threat`"));
    }
}
