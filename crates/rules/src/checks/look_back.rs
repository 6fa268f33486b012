//! How far rules over endpoints look back.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "look_back",
    holds: "a rule over indices of endpoints says how far it looks back",
    codes: &[codes::NO_LOOK_BACK],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let endpoints = subject.indices().iter().any(|index| index.starts_with("logs-endpoint."));
    if endpoints && !subject.has("rule.from") {
        let message = "a rule over endpoints does not say how far it looks back";
        let finding = Diagnostic::error(codes::NO_LOOK_BACK, subject.span("rule.from"), message);
        found.push(finding.help("add `from = \"now-9m\"`: endpoints send their events late"));
    }
}
