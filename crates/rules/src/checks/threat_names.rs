//! The names of tactics and techniques.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, attack, codes};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "threat_names",
    holds: "tactics and techniques have the names that ATT&CK gives their ids",
    codes: &[codes::THREAT_NAME],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut say = |path: String, id: &str, name: &str| {
        let Some(proper) = attack::name(id).filter(|proper| *proper != name) else { return };
        let message = format!("`{id}` is `{proper}`, not `{}`", excerpt(name));
        let span = subject.span(&format!("{path}.name"));
        let finding = Diagnostic::error(codes::THREAT_NAME, span, message);
        found.push(finding.help(format!("write the name of ATT&CK {}", attack::VERSION)));
    };
    for (i, threat) in subject.rule.threat.iter().enumerate() {
        let path = format!("rule.threat.{i}");
        say(format!("{path}.tactic"), &threat.tactic.id, &threat.tactic.name);
        for (j, technique) in threat.techniques.iter().enumerate() {
            let path = format!("{path}.technique.{j}");
            say(path.clone(), &technique.id, &technique.name);
            for (k, part) in technique.subtechniques.iter().enumerate() {
                say(format!("{path}.subtechnique.{k}"), &part.id, &part.name);
            }
        }
    }
}
