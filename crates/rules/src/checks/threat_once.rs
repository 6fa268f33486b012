//! Tactics that are named again.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "threat_once",
    holds: "a rule names each tactic once",
    codes: &[codes::THREAT_TWICE],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let threats = &subject.rule.threat;
    for (i, threat) in threats.iter().enumerate() {
        let id = &threat.tactic.id;
        let Some(first) = threats[..i].iter().position(|other| other.tactic.id == *id) else {
            continue;
        };
        let message = format!("tactic `{id}` is named twice");
        let span = subject.span(&format!("rule.threat.{i}.tactic.id"));
        let finding = Diagnostic::error(codes::THREAT_TWICE, span, message)
            .label(subject.span(&format!("rule.threat.{first}.tactic.id")), "named here first");
        found.push(finding.help("put all its techniques under one `[[rule.threat]]`"));
    }
}
