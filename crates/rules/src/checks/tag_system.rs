//! The tags of operating systems.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "tag_system",
    holds: "a rule for endpoints, or in a folder of a system, has the tag of its system",
    codes: &[codes::TAG_SYSTEM],
    run,
};

/// Folders of rules with the tag of their system.
const FOLDERS: &[(&str, &str)] =
    &[("linux", "OS: Linux"), ("macos", "OS: macOS"), ("windows", "OS: Windows")];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let tags = &subject.rule.tags;
    let mut say = |message: String, help: String| {
        let span = subject.span("rule.tags");
        found.push(Diagnostic::error(codes::TAG_SYSTEM, span, message).help(help));
    };
    for (folder, tag) in FOLDERS.iter().filter(|(folder, _)| subject.lies_in(folder)) {
        if !tags.iter().any(|own| own == tag) {
            let message = format!("the rule lies in folder `{folder}` and has no tag `{tag}`");
            say(message, format!("add the tag `{tag}`"));
        }
    }
    let endpoint = tags.iter().any(|tag| tag == "Domain: Endpoint");
    if endpoint && !tags.iter().any(|tag| tag.starts_with("OS: ")) {
        let help = "add `OS: Linux`, `OS: macOS` or `OS: Windows`".to_owned();
        say("a rule for endpoints has no tag of their system".to_owned(), help);
    }
}
