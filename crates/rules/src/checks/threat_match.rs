//! What an indicator match rule compares.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "threat_match",
    holds: "each alternative of a threat mapping compares at least one pair that must be equal",
    codes: &[codes::THREAT_MAPPING],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let RuleKind::ThreatMatch(threat) = &subject.rule.kind else { return };
    if threat.mapping.is_empty() {
        let span = subject.span("rule.threat_mapping");
        let finding =
            Diagnostic::error(codes::THREAT_MAPPING, span, "the rule compares nothing with indicators");
        found.push(finding.help("add `[[rule.threat_mapping]]` with its `entries`"));
    }
    for (i, entries) in threat.mapping.iter().enumerate() {
        if entries.iter().any(|entry| !entry.negate) {
            continue;
        }
        let span = subject.span(&format!("rule.threat_mapping.{i}"));
        let message = "an alternative without a pair that must be equal";
        let finding = Diagnostic::error(codes::THREAT_MAPPING, span, message);
        found.push(finding.help("a pair with `negate` narrows others; add one without it"));
    }
}
