//! The oldest stack that the rule is for.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "min_stack",
    holds: "a rule that needs a newer stack says why",
    codes: &[codes::MIN_STACK],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let metadata = &subject.rule.metadata;
    let comments = metadata.min_stack_comments.as_deref().is_some_and(|text| !text.trim().is_empty());
    let (key, message, help) = match (&metadata.min_stack_version, comments) {
        (Some(_), false) => {
            let help = "say with `min_stack_comments` what the rule needs of that version";
            ("min_stack_version", "a rule needs a newer stack and does not say why", help)
        }
        (None, true) => {
            let help = "add `min_stack_version`, or remove the comment";
            ("min_stack_comments", "a comment on a version that is not named", help)
        }
        _ => return,
    };
    let span = subject.span(&format!("metadata.{key}"));
    found.push(Diagnostic::error(codes::MIN_STACK, span, message).help(help));
}

/// The version as two numbers; none where the rule names none.
pub(super) fn version(subject: &Subject<'_>) -> Option<(u32, u32)> {
    let mut parts = subject.rule.metadata.min_stack_version.as_deref()?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
