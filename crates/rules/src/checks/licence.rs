//! The licence of the rule.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "licence",
    holds: "a rule has a licence; Elastic's own have Elastic's",
    codes: &[codes::LICENCE],
    run,
};

/// The licence of the rules that Elastic publishes.
const ELASTIC: &str = "Elastic License v2";

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let of_elastic = subject.rule.author.iter().any(|author| author == "Elastic");
    match subject.rule.license.as_deref().map(str::trim) {
        None | Some("") => {
            let span = subject.span("rule.license");
            let finding = Diagnostic::warning(codes::LICENCE, span, "the rule has no licence");
            found.push(finding.help("say with `license` under which terms others may use it"));
        }
        Some(license) if of_elastic && license != ELASTIC => {
            let message = format!("a rule by Elastic has licence `{ELASTIC}`, not `{license}`");
            let finding = Diagnostic::error(codes::LICENCE, subject.span("rule.license"), message);
            found.push(finding.help("name the author of a rule of your own, or keep its licence"));
        }
        Some(_) => {}
    }
}
