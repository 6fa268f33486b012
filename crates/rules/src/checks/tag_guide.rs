//! The tag of guides.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, guide};

pub(super) const CHECK: Check = Check {
    name: "tag_guide",
    holds: "a rule has the tag of guides if its note is one",
    codes: &[codes::TAG_GUIDE],
    run,
};

const TAG: &str = "Resources: Investigation Guide";

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let tags = &subject.rule.tags;
    let wants = guide::has_guide(subject.rule);
    match (wants, tags.iter().position(|tag| tag == TAG)) {
        (true, None) => {
            let message = format!("the rule has a guide and no tag `{TAG}`");
            let finding = Diagnostic::error(codes::TAG_GUIDE, subject.span("rule.tags"), message);
            found.push(finding.help(format!("add the tag `{TAG}`")));
        }
        (false, Some(i)) => {
            let span = subject.span(&format!("rule.tags.{i}"));
            let message = format!("the rule has the tag `{TAG}` and no guide");
            found.push(Diagnostic::error(codes::TAG_GUIDE, span, message).help("remove the tag"));
        }
        _ => {}
    }
}
