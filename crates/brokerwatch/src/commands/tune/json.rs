//! Proposals as one JSON document.

use brokerwatch_rules::tuning::{Asked, Varies};
use serde_json::{Value, json};

use super::{Outcome, Told};

/// The document.
pub(super) fn document(outcome: &Outcome<'_>) -> Value {
    let proposals: Vec<Value> = outcome.told.iter().map(|told| proposal(outcome, told)).collect();
    let refusals = outcome.refusals.iter();
    json!({
        "rule": { "id": outcome.rule.id, "name": outcome.rule.name, "path": outcome.rule.path },
        "alerts": outcome.alerts.count,
        "alerts_gone_together": outcome.together.alerts,
        "proposals": proposals,
        "proposals_left_out": outcome.left_out,
        "refused": refusals.map(|own| json!({ "alerts": own.alerts, "reason": own.why })).collect::<Vec<_>>(),
    })
}

fn proposal(outcome: &Outcome<'_>, told: &Told) -> Value {
    let about = outcome.alerts.about(&told.proposal.sightings);
    let warnings = told.warnings.iter();
    let warnings = warnings.map(|own| json!({ "kind": own.kind, "message": own.message }));
    let matrix = told.cost.as_ref().map(|cost| {
        json!({
            "rule_misses": cost.rule_misses,
            "pack_misses": cost.pack_misses,
            "rule_made_right": cost.rule_rights,
            "pack_made_right": cost.pack_rights,
        })
    });
    json!({
        "title": told.proposal.title(),
        "entries": told.proposal.entries.iter().map(entry).collect::<Vec<_>>(),
        "varies": told.proposal.varies.iter().map(varies).collect::<Vec<_>>(),
        "alerts": about.alerts,
        "alerts_gone": told.effect.alerts,
        "events_silenced": told.effect.events,
        "hosts": about.hosts,
        "first_seen": about.first,
        "last_seen": about.last,
        "example": about.example,
        "matrix": matrix,
        "warnings": warnings.collect::<Vec<_>>(),
    })
}

/// As an export of Kibana has it.
fn entry(asked: &Asked) -> Value {
    let value = match asked.values.as_slice() {
        [one] => json!(one),
        many => json!(many),
    };
    json!({ "field": asked.field, "operator": "included", "type": asked.kind(), "value": value })
}

fn varies(own: &Varies) -> Value {
    json!({ "field": own.field, "what": own.what, "count": own.count, "examples": own.examples })
}
