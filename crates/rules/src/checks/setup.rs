//! The setup guide.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "setup",
    holds: "a setup guide begins with its heading, and stands in `setup`",
    codes: &[codes::SETUP],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    if let Some(setup) = &rule.setup
        && !setup.trim().is_empty()
        && !setup.lines().any(|line| line.trim() == "## Setup")
    {
        let span = subject.span("rule.setup");
        let finding = Diagnostic::error(codes::SETUP, span, "`setup` has no heading `## Setup`");
        found.push(finding.help("begin it with the line `## Setup`"));
    }
    let note = rule.note.as_deref().unwrap_or_default();
    for heading in ["## Setup", "## Config"] {
        let Some(line) = note.lines().find(|line| line.trim() == heading) else { continue };
        let at = line.as_ptr() as usize - note.as_ptr() as usize;
        let span = subject.part("rule.note", note, at..at + line.len());
        let message = format!("`{heading}` stands in the note");
        let finding = Diagnostic::error(codes::SETUP, span, message);
        found.push(finding.help("move what is below it to `setup`"));
    }
}
