//! The guide of severe rules.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::{Rule, Severity};

pub(super) const CHECK: Check = Check {
    name: "guide",
    holds: "a rule of high or critical severity has a guide, and a guide names its rule",
    codes: &[codes::GUIDE],
    run,
};

/// The line with which a guide begins.
pub(super) const HEADING: &str = "## Triage and analysis";

/// Whether the note of a rule is a guide.
pub(super) fn has_guide(rule: &Rule) -> bool {
    rule.note.as_deref().is_some_and(|note| note.lines().any(|line| line.trim() == HEADING))
}

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let investigating = format!("### Investigating {}", rule.name);
    if !has_guide(rule) {
        if Severity::High <= rule.severity {
            let message = format!("a rule of severity `{}` without a guide", rule.severity.name());
            let finding =
                Diagnostic::error(codes::GUIDE, subject.span("rule.note"), message);
            let help = format!("write `{HEADING}` and `{investigating}` into `note`");
            found.push(finding.help(help));
        }
        return;
    }
    let note = rule.note.as_deref().unwrap_or_default();
    if !note.lines().any(|line| line.trim() == investigating) {
        let at = note.find("### Investigating").or(note.find(HEADING)).unwrap_or_default();
        let end = note[at..].find('\n').map_or(note.len(), |length| at + length);
        let span = subject.part("rule.note", note, at..end);
        let finding = Diagnostic::error(codes::GUIDE, span, "the guide does not name its rule");
        found.push(finding.help(format!("write `{investigating}`")));
    }
}
