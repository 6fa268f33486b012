//! The name of the file.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "file_name",
    holds: "the file has a name in lower case that begins with the tactic and ends in `.toml`",
    codes: &[codes::FILE_NAME],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let name = subject.file_name();
    let stem = name.strip_suffix(".toml");
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !stem.is_some_and(|stem| !stem.is_empty() && stem.chars().all(lower)) {
        let message = format!("`{name}` is no name for a rule file");
        let span = subject.span("rule.name");
        let finding = Diagnostic::error(codes::FILE_NAME, span, message);
        found.push(finding.help("use lower-case letters, digits and `_`, and end it in `.toml`"));
        return;
    }
    // The first threat is the one that names the file; jobs of machine learning are named after themselves.
    let Some(threat) = subject.rule.threat.first() else { return };
    let tactic = threat.tactic.name.to_lowercase().replace(' ', "_");
    if name.starts_with(&tactic) || matches!(subject.rule.kind, RuleKind::MachineLearning(_)) {
        return;
    }
    let message = format!("the name of the file does not begin with its tactic, `{tactic}`");
    let finding =
        Diagnostic::error(codes::FILE_NAME, subject.span("rule.threat.0.tactic.name"), message);
    found.push(finding.help(format!("name the file `{tactic}_{name}`")));
}
