//! The time that a sequence may take.

use brokerwatch_eql::ast::{Maxspan, Query, TimeUnit};
use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "maxspan",
    holds: "a run sees a whole sequence, and does not look at it too often",
    codes: &[codes::MAXSPAN_LOOK_BACK, codes::MAXSPAN_INTERVAL],
    run,
};

/// How much longer than a look-back a sequence may be, in milliseconds.
const SLACK_MS: u64 = 10 * 60 * 1000;
/// Shorter sequences are not held to their interval, in milliseconds.
const SHORT_MS: u64 = 150 * 1000;

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let RuleKind::Eql { statement } = &rule.kind else { return };
    let Query::Sequence(sequence) = &statement.query else { return };
    let Some(maxspan) = &sequence.maxspan else { return };
    let millis = milliseconds(maxspan);
    let place = |code, message: String| {
        rule.in_file(Diagnostic::error(code, maxspan.span, message))
    };
    if rule.from.seconds.saturating_mul(1000).saturating_add(SLACK_MS) < millis {
        let message = format!("the sequence may take longer than a run looks back, `{}`", rule.from.text);
        let finding = place(codes::MAXSPAN_LOOK_BACK, message);
        found.push(finding.help("look back for `maxspan` without ten minutes at least"));
    }
    if SHORT_MS < millis && rule.interval.seconds.saturating_mul(2000) < millis {
        let message =
            format!("the rule runs more than twice in the time of a sequence, each `{}`", rule.interval.text);
        let finding = place(codes::MAXSPAN_INTERVAL, message);
        found.push(finding.help("set `interval` to half of `maxspan` or more, and `from` with it"));
    }
}

fn milliseconds(maxspan: &Maxspan) -> u64 {
    let unit = match maxspan.unit {
        TimeUnit::Millisecond => 1,
        TimeUnit::Second => 1000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Day => 86_400_000,
    };
    maxspan.count.saturating_mul(unit)
}
