//! The tag of building blocks.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "tag_building_block",
    holds: "a building block, and nothing else, has the tag of building blocks",
    codes: &[codes::TAG_BUILDING_BLOCK],
    run,
};

const TAG: &str = "Rule Type: BBR";

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let tags = &subject.rule.tags;
    let wants = subject.rule.building_block;
    match (wants, tags.iter().position(|tag| tag == TAG)) {
        (true, None) => {
            let message = format!("a building block has no tag `{TAG}`");
            let finding = Diagnostic::error(codes::TAG_BUILDING_BLOCK, subject.span("rule.tags"), message);
            found.push(finding.help(format!("add the tag `{TAG}`")));
        }
        (false, Some(i)) => {
            let span = subject.span(&format!("rule.tags.{i}"));
            let message = format!("`{TAG}` is for building blocks, and the rule is none");
            found.push(Diagnostic::error(codes::TAG_BUILDING_BLOCK, span, message).help("remove the tag"));
        }
        _ => {}
    }
}
