//! How often building blocks run, and how far they look back.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "building_block",
    holds: "building blocks run each hour at most, and look back for 119 minutes at least",
    codes: &[codes::BUILDING_BLOCK_TIMES],
    run,
};

/// The shortest look-back of a building block, in seconds.
const LOOK_BACK_SECONDS: u64 = 119 * 60;
/// The shortest interval of a building block, in seconds.
const INTERVAL_SECONDS: u64 = 60 * 60;

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    // Elastic's own way to say that a rule has a reason.
    if !rule.building_block || rule.metadata.other.contains_key("bypass_bbr_timing") {
        return;
    }
    if rule.from.seconds < LOOK_BACK_SECONDS {
        let message = format!("a building block looks back too little, `{}`", rule.from.text);
        let finding =
            Diagnostic::error(codes::BUILDING_BLOCK_TIMES, subject.span("rule.from"), message);
        found.push(finding.help("write `from = \"now-119m\"` or more"));
    }
    if rule.interval.seconds < INTERVAL_SECONDS {
        let message = format!("a building block runs too often, each `{}`", rule.interval.text);
        let finding =
            Diagnostic::error(codes::BUILDING_BLOCK_TIMES, subject.span("rule.interval"), message);
        found.push(finding.help("write `interval = \"60m\"` or more"));
    }
}
