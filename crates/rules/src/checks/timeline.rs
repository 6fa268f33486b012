//! The timeline template.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "timeline",
    holds: "a timeline has its id and its title, which belong together",
    codes: &[codes::TIMELINE],
    run,
};

/// The templates that Elastic delivers: id and title.
const TEMPLATES: &[(&str, &str)] = &[
    ("300afc76-072d-4261-864d-4149714bf3f1", "Comprehensive Network Timeline"),
    ("3e47ef71-ebfc-4520-975c-cb27fc090799", "Comprehensive Registry Timeline"),
    ("3e827bab-838a-469f-bd1e-5e19a2bff2fd", "Alerts Involving a Single User Timeline"),
    ("4434b91a-94ca-4a89-83cb-a37cdc0532b7", "Alerts Involving a Single Host Timeline"),
    ("495ad7a7-316e-4544-8a0f-9c098daee76e", "Generic Threat Match Timeline"),
    ("4d4c0b59-ea83-483f-b8c1-8c360ee53c5c", "Comprehensive File Timeline"),
    ("76e52245-7519-4251-91ab-262fb1a1728c", "Generic Process Timeline"),
    ("91832785-286d-4ebe-b884-1a208d111a70", "Generic Network Timeline"),
    ("db366523-f1c6-4c1f-8731-6ce5ed9e5717", "Generic Endpoint Timeline"),
    ("e70679c2-6cde-4510-9764-4823df18f7db", "Comprehensive Process Timeline"),
];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut say = |key: &str, message: String, help: String| {
        let span = subject.span(&format!("rule.{key}"));
        found.push(Diagnostic::error(codes::TIMELINE, span, message).help(help));
    };
    match (subject.rule.timeline_id.as_deref(), subject.rule.timeline_title.as_deref()) {
        (None, None) => {}
        (Some(id), Some(title)) => {
            let of_id = TEMPLATES.iter().find(|(known, _)| *known == id);
            let of_title = TEMPLATES.iter().find(|(_, known)| *known == title);
            if let Some((_, proper)) = of_id.filter(|(_, proper)| *proper != title) {
                let message = format!("the timeline of this id is `{proper}`");
                say("timeline_title", message, format!("write `timeline_title = \"{proper}\"`"));
            } else if let Some((proper, _)) = of_title.filter(|(proper, _)| *proper != id) {
                let message = format!("the timeline of this title has the id `{proper}`");
                say("timeline_id", message, format!("write `timeline_id = \"{proper}\"`"));
            }
        }
        (Some(_), None) => {
            let help = "add `timeline_title`".to_owned();
            say("timeline_id", "a timeline without its title".to_owned(), help);
        }
        (None, Some(_)) => {
            let help = "add `timeline_id`".to_owned();
            say("timeline_title", "a timeline without its id".to_owned(), help);
        }
    }
}
