//! The prefixes of tags.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::fields::listed;
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "tag_prefix",
    holds: "tags have prefixes that Elastic knows",
    codes: &[codes::TAG_PREFIX],
    run,
};

/// The prefixes, in order.
pub(super) const PREFIXES: &[&str] = &[
    "Data Source",
    "Domain",
    "Mitre Atlas",
    "OS",
    "Platform",
    "Promotion",
    "Resources",
    "Rule Type",
    "Tactic",
    "Threat",
    "Use Case",
];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (i, tag) in subject.rule.tags.iter().enumerate() {
        let Some((prefix, _)) = tag.split_once(':') else { continue };
        let prefix = prefix.trim();
        if PREFIXES.iter().any(|known| known.eq_ignore_ascii_case(prefix)) {
            continue;
        }
        let message = format!("`{}` is no prefix of tags", excerpt(prefix));
        let span = subject.span(&format!("rule.tags.{i}"));
        let finding = Diagnostic::error(codes::TAG_PREFIX, span, message);
        found.push(finding.help(format!("prefixes are {}", listed(PREFIXES))));
    }
}
