//! Techniques that ATT&CK has no more.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, attack, codes};

pub(super) const CHECK: Check = Check {
    name: "threat_retired",
    holds: "no technique is revoked or deprecated",
    codes: &[codes::THREAT_RETIRED],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (i, threat) in subject.rule.threat.iter().enumerate() {
        for (j, technique) in threat.techniques.iter().enumerate() {
            let Some(next) = attack::successor(&technique.id) else { continue };
            let message = format!("ATT&CK has retired technique `{}`", technique.id);
            let span = subject.span(&format!("rule.threat.{i}.technique.{j}.id"));
            let finding = Diagnostic::error(codes::THREAT_RETIRED, span, message);
            found.push(finding.help(match next {
                "" => "name the technique that says today what the rule finds".to_owned(),
                next => format!("`{next}` has taken its place"),
            }));
        }
    }
}
