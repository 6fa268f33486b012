//! The tactics of techniques.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, attack, codes};

pub(super) const CHECK: Check = Check {
    name: "threat_tactic",
    holds: "each technique belongs to the tactic it stands under",
    codes: &[codes::THREAT_TACTIC],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (i, threat) in subject.rule.threat.iter().enumerate() {
        for (j, technique) in threat.techniques.iter().enumerate() {
            let Some(tactics) = attack::tactics(&technique.id) else { continue };
            if tactics.contains(&threat.tactic.id.as_str()) {
                continue;
            }
            let message =
                format!("technique `{}` does not belong to tactic `{}`", technique.id, threat.tactic.id);
            let span = subject.span(&format!("rule.threat.{i}.technique.{j}.id"));
            let finding = Diagnostic::error(codes::THREAT_TACTIC, span, message)
                .label(subject.span(&format!("rule.threat.{i}.tactic.id")), "the tactic");
            let names: Vec<String> = tactics
                .iter()
                .map(|id| format!("{id} {}", attack::name(id).unwrap_or_default()))
                .collect();
            found.push(finding.help(format!("it belongs to {}", names.join(", "))));
        }
    }
}
