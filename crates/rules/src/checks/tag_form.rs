//! How tags are written.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, tag_prefix};
use crate::report::excerpt;

pub(super) const CHECK: Check = Check {
    name: "tag_form",
    holds: "tags have a prefix with a colon and a space, no stray spaces, and stand once",
    codes: &[codes::TAG_FORM, codes::TAG_TWICE],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let tags = &subject.rule.tags;
    for (i, tag) in tags.iter().enumerate() {
        let span = subject.span(&format!("rule.tags.{i}"));
        if tags[..i].contains(tag) {
            let message = format!("tag `{}` stands twice", excerpt(tag));
            found.push(Diagnostic::error(codes::TAG_TWICE, span, message).help("keep one"));
        }
        if let Some(help) = misform(tag) {
            let message = format!("tag `{}` is not written as tags are", excerpt(tag));
            found.push(Diagnostic::error(codes::TAG_FORM, span, message).help(help));
        }
    }
}

/// What to do about a tag that is not written `Prefix: Value`.
fn misform(tag: &str) -> Option<String> {
    let words: Vec<&str> = tag.split_whitespace().collect();
    let joined = words.join(" ");
    let Some((prefix, value)) = joined.split_once(':') else {
        return Some("write a prefix and a value, such as `Use Case: Threat Detection`".to_owned());
    };
    let known = tag_prefix::PREFIXES.iter().find(|known| known.eq_ignore_ascii_case(prefix.trim()));
    let proper = format!("{}: {}", known.copied().unwrap_or(prefix.trim()), value.trim());
    let proper = match VALUES.iter().find(|known| known.eq_ignore_ascii_case(&proper)) {
        Some(known) => (*known).to_owned(),
        None => proper,
    };
    (proper != tag).then(|| format!("write `{}`", excerpt(&proper)))
}

/// Tags that are often written with other capitals.
const VALUES: &[&str] = &[
    "OS: Linux",
    "OS: Windows",
    "OS: macOS",
    "Domain: Endpoint",
    "Domain: Network",
    "Domain: Cloud",
    "Use Case: Threat Detection",
    "Resources: Investigation Guide",
    "Tactic: Command and Control",
];
