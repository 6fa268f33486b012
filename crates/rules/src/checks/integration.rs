//! The integrations of the rule.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "integration",
    holds: "`integration` names the integrations whose indices the rule reads, and no others",
    codes: &[codes::INTEGRATION],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let named = &subject.rule.metadata.integration;
    let packages = subject.packages();
    for package in packages.iter().filter(|package| !named.contains(package)) {
        let message = format!("the rule reads integration `{package}`, and `integration` does not name it");
        let finding = Diagnostic::error(codes::INTEGRATION, subject.indices_span(), message)
            .label(subject.span("metadata.integration"), "what it names");
        found.push(finding.help(format!("add `\"{package}\"` to `integration`")));
    }
    // A pattern over many integrations, or a view, tells nothing of which it means.
    let indices = subject.indices();
    if indices.is_empty() || indices.iter().any(|index| is_wide(index)) {
        return;
    }
    for (i, name) in named.iter().enumerate().filter(|(_, name)| !packages.contains(name)) {
        let message = format!("the rule reads no index of integration `{}`", excerpt(name));
        let span = subject.span(&format!("metadata.integration.{i}"));
        let finding = Diagnostic::error(codes::INTEGRATION, span, message)
            .label(subject.indices_span(), "what it reads");
        found.push(finding.help(format!("add an index such as `logs-{name}.*`, or remove the name")));
    }
}

/// Whether a pattern stands for the indices of several integrations, or of none by name.
fn is_wide(index: &str) -> bool {
    let package = index.strip_prefix("logs-").and_then(|rest| rest.split_once('.'));
    package.is_none_or(|(package, _)| package.contains('*'))
}
