//! `[[rule.threat]]`: what the rule says of the adversary, in the terms of MITRE.

use brokerwatch_expr::Diagnostic;

use crate::fields::Fields;
use crate::{Subtechnique, Tactic, Technique, Threat, codes, formats};

/// How a framework writes its ids.
struct Framework {
    name: &'static str,
    tactic: &'static str,
    technique: &'static str,
}

const FRAMEWORKS: &[Framework] = &[
    Framework { name: "MITRE ATT&CK", tactic: "TA", technique: "T" },
    Framework { name: "MITRE ATLAS", tactic: "AML.TA", technique: "AML.T" },
];

pub(crate) fn threats(rule: &Fields<'_>) -> Vec<Threat> {
    rule.tables("threat").into_iter().map(threat).collect()
}

fn threat(fields: Fields<'_>) -> Threat {
    fields.require(&["framework", "tactic"]);
    let names: Vec<(&str, &Framework)> = FRAMEWORKS.iter().map(|each| (each.name, each)).collect();
    let framework = fields.choice("framework", &names).unwrap_or(&FRAMEWORKS[0]);
    let threat = Threat {
        framework: framework.name.to_owned(),
        tactic: fields.table("tactic").map_or_else(no_tactic, |part| tactic(part, framework)),
        techniques: fields
            .tables("technique")
            .into_iter()
            .map(|part| technique(part, framework))
            .collect(),
    };
    fields.finish();
    threat
}

/// Stands in for a tactic that was reported missing.
fn no_tactic() -> Tactic {
    Tactic { id: String::new(), name: String::new(), reference: String::new() }
}

fn tactic(fields: Fields<'_>, framework: &Framework) -> Tactic {
    let prefix = framework.tactic;
    let (id, name, reference) = entry(&fields, &format!("`{prefix}` and four digits"), |id| {
        formats::is_numbered(id, prefix, 4)
    });
    fields.finish();
    Tactic { id, name, reference }
}

fn technique(fields: Fields<'_>, framework: &Framework) -> Technique {
    let prefix = framework.technique;
    let (id, name, reference) = entry(&fields, &format!("`{prefix}` and four digits"), |id| {
        formats::is_numbered(id, prefix, 4)
    });
    let parts = fields.tables("subtechnique").into_iter();
    let subtechniques = parts.map(|part| subtechnique(part, framework, &id)).collect();
    fields.finish();
    Technique { id, name, reference, subtechniques }
}

fn subtechnique(fields: Fields<'_>, framework: &Framework, technique: &str) -> Subtechnique {
    let prefix = framework.technique;
    let shape = format!("`{prefix}`, four digits, a dot and three digits");
    let (id, name, reference) = entry(&fields, &shape, |id| {
        id.rsplit_once('.').is_some_and(|(before, after)| {
            formats::is_numbered(before, prefix, 4) && formats::is_numbered(after, "", 3)
        })
    });
    let belongs = id.strip_prefix(technique).is_some_and(|rest| rest.starts_with('.'));
    // An empty id has been reported already.
    if !belongs && !id.is_empty() && !technique.is_empty() {
        let span = fields.value_span("id").unwrap_or(fields.span());
        let message = format!("sub-technique `{id}` is no part of technique `{technique}`");
        fields.add(Diagnostic::warning(codes::THREAT, span, message));
    }
    fields.finish();
    Subtechnique { id, name, reference }
}

/// What each level has: an id, a name and the address of its page, which names the id.
fn entry(
    fields: &Fields<'_>,
    shape: &str,
    is_id: impl Fn(&str) -> bool,
) -> (String, String, String) {
    fields.require(&["id", "name", "reference"]);
    let read = |text: &str| is_id(text).then(|| text.to_owned());
    let id = fields.formatted("id", shape, read).unwrap_or_default();
    let name = fields.filled_text("name").unwrap_or_default();
    let reference = fields.filled_text("reference").unwrap_or_default();
    let page = id.replace('.', "/");
    if !id.is_empty()
        && !reference.contains(&id)
        && !reference.contains(&page)
        && fields.has("reference")
    {
        let span = fields.value_span("reference").unwrap_or(fields.span());
        let message = format!("the reference does not lead to `{id}`");
        fields.add(Diagnostic::warning(codes::THREAT, span, message));
    }
    (id, name, reference)
}
