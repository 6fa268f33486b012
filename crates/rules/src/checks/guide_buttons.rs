//! The buttons of the guide.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "guide_buttons",
    holds: "each placeholder of the guide has its transform, each transform its placeholder, and none is written out",
    codes: &[codes::BUTTON_MISSING, codes::BUTTON_IDLE, codes::BUTTON_LITERAL],
    run,
};

/// A kind of button: what stands before its number in the note, its key, and what the build writes in its place.
struct Kind {
    placeholder: &'static str,
    key: &'static str,
    literal: &'static str,
}

const OSQUERY: Kind = Kind { placeholder: "$osquery_", key: "osquery", literal: "!{osquery" };
const INVESTIGATE: Kind =
    Kind { placeholder: "$investigate_", key: "investigate", literal: "!{investigate" };

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let transforms = &subject.rule.transforms;
    check(subject, &OSQUERY, transforms.osquery.len(), found);
    check(subject, &INVESTIGATE, transforms.investigate.len(), found);
}

fn check(subject: &Subject<'_>, kind: &Kind, count: usize, found: &mut Vec<Diagnostic>) {
    let note = subject.rule.note.as_deref().unwrap_or_default();
    let Kind { placeholder, key, literal } = kind;
    let mut used = vec![false; count];
    for (at, _) in note.match_indices(placeholder) {
        let digits = note[at + placeholder.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + placeholder.len() + digits;
        let number: Option<usize> = note[at + placeholder.len()..end].parse().ok();
        if let Some(mark) = number.and_then(|number| used.get_mut(number)) {
            *mark = true;
            continue;
        }
        let message = format!("`{}` has no transform", &note[at..end]);
        let span = subject.part("rule.note", note, at..end);
        let finding = Diagnostic::error(codes::BUTTON_MISSING, span, message);
        let has = match count {
            0 => format!("the rule has no `[[transform.{key}]]`"),
            1 => format!("the rule has one `[[transform.{key}]]`, which is `{placeholder}0`"),
            count => format!("the rule has {count}, `{placeholder}0` to `{placeholder}{}`", count - 1),
        };
        found.push(finding.help(has));
    }
    for (i, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
        let message = format!("`{placeholder}{i}` is not in the note, so nobody sees this button");
        let span = subject.span(&format!("transform.{key}.{i}"));
        let finding = Diagnostic::error(codes::BUTTON_IDLE, span, message);
        found.push(finding.help("write the placeholder into `note`, or remove the transform"));
    }
    for (at, _) in note.match_indices(literal) {
        let span = subject.part("rule.note", note, at..at + literal.len());
        let message = format!("`{literal}` is what the build writes");
        let finding = Diagnostic::error(codes::BUTTON_LITERAL, span, message);
        found.push(finding.help(format!("write `{placeholder}0` and a `[[transform.{key}]]`")));
    }
}
