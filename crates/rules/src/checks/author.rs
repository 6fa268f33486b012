//! Who wrote the rule.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "author",
    holds: "every author has a name, and is named once",
    codes: &[codes::AUTHOR],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let authors = &subject.rule.author;
    for (i, author) in authors.iter().enumerate() {
        let span = subject.span(&format!("rule.author.{i}"));
        if author.trim().is_empty() {
            let finding = Diagnostic::error(codes::AUTHOR, span, "an author without a name");
            found.push(finding.help("write the name of a person or an organisation"));
        } else if authors[..i].contains(author) {
            let message = format!("author `{author}` is named twice");
            found.push(Diagnostic::error(codes::AUTHOR, span, message).help("name each once"));
        }
    }
}
