//! The time that a run goes by.

use brokerwatch_expr::Diagnostic;

use super::suppression::is_sequence;
use super::{Check, Subject, codes};
use crate::{Language, RuleKind};

pub(super) const CHECK: Check = Check {
    name: "timestamp_override",
    holds: "rules over single events in EQL or KQL go by the time of arrival, and sequences do not",
    codes: &[codes::TIMESTAMP_OVERRIDE],
    run,
};

const INGESTED: &str = "event.ingested";

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let single = match &rule.kind {
        RuleKind::Eql { .. } => !is_sequence(subject),
        RuleKind::Query { .. } => rule.language == Some(Language::Kuery),
        _ => return,
    };
    let ingested = rule.timestamp_override.as_deref() == Some(INGESTED);
    // Events of Endgame have no time of arrival.
    let endgame = rule.index.iter().any(|index| index.starts_with("endgame-"));
    let span = subject.span("rule.timestamp_override");
    if single && !ingested && !endgame {
        let message = "the rule does not go by the time at which events arrive";
        let finding = Diagnostic::error(codes::TIMESTAMP_OVERRIDE, span, message);
        let help = format!("add `timestamp_override = \"{INGESTED}\"`: late events are missed without it");
        found.push(finding.help(help));
    }
    if is_sequence(subject) && rule.timestamp_override.is_some() {
        let message = "a sequence goes by the time of its events, whatever `timestamp_override` says";
        let finding = Diagnostic::error(codes::TIMESTAMP_OVERRIDE, span, message);
        found.push(finding.help("remove `timestamp_override`"));
    }
}
