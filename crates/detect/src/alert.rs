//! Alerts as ECS documents.

use brokerwatch_ecs::{Event, Projection, Slot, date};
use brokerwatch_rules::Rule;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::RuleSet;

/// One rule that is true of one event.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The same for the same rule and event, so that delivering twice overwrites.
    pub id: Uuid,
    /// The ECS document.
    pub document: Value,
}

/// Makes the alert of a rule on an event.
///
/// The rule is given by its number in the set. `document` is that of the event; the alert is it with
/// `event.kind: alert`, `rule.*` and `threat.*` of the rule, and under `brokerwatch` the id, the reasons and whatever the
/// alert's own fields replaced. `path` names the input. `absent` are the fields that no event of the source can have:
/// parts of the rule that read one are told, so that an exclusion that could not be applied does not look as if it had
/// been.
pub fn alert(
    set: &RuleSet<'_>,
    rule: usize,
    event: &Event<'_>,
    mut document: Map<String, Value>,
    path: &str,
    reasons: &[(&str, &[Slot])],
    absent: &[Slot],
) -> Alert {
    let not_applied = set.conditions.leaves_reading(rule, absent);
    let rule = set.rules[rule];
    let mut name = Vec::with_capacity(rule.id.len() + event.source.len() + 1);
    name.extend_from_slice(rule.id.as_bytes());
    name.push(0);
    name.extend_from_slice(event.source);
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &name);
    let replaced = take_replaced(&mut document);
    if !document.contains_key("@timestamp")
        && let Some(moment) = event.timestamp(set.timestamp)
    {
        document.insert("@timestamp".to_owned(), json!(date::format(moment)));
    }
    if !document.get("event").is_some_and(Value::is_object) {
        document.insert("event".to_owned(), json!({}));
    }
    document["event"]["kind"] = json!("alert");
    document["event"]["risk_score"] = json!(rule.risk_score);
    document.insert("rule".to_owned(), described(rule));
    if let Some(threat) = threat(rule) {
        document.insert("threat".to_owned(), threat);
    }
    let mut own = json!({
        "alert": { "id": id.to_string(), "severity": rule.severity.name(), "reasons": reasons_json(reasons, event, &set.projection) },
        "source": { "path": path, "offset": event.origin.offset_bytes },
    });
    // Binary formats have no lines.
    if 0 < event.origin.line {
        own["source"]["line"] = json!(event.origin.line);
    }
    if !not_applied.is_empty() {
        own["alert"]["not_applied"] = json!(not_applied);
    }
    if !replaced.is_empty() {
        own["original"] = Value::Object(replaced);
    }
    document.insert("brokerwatch".to_owned(), own);
    Alert { id, document: Value::Object(document) }
}

/// Takes out what the alert's own fields stand in for, in either notation, so that nothing is lost or said twice. A
/// nested `event` stays in the document as well: the alert changes two of its fields.
fn take_replaced(document: &mut Map<String, Value>) -> Map<String, Value> {
    let mut replaced = Map::new();
    if let Some(event) = document.get("event") {
        replaced.insert("event".to_owned(), event.clone());
    }
    let own = |key: &str| {
        matches!(key, "rule" | "threat" | "event.kind" | "event.risk_score")
            || key.starts_with("rule.")
            || key.starts_with("threat.")
    };
    let keys: Vec<String> = document.keys().filter(|key| own(key)).cloned().collect();
    for key in keys {
        if let Some(value) = document.shift_remove(&key) {
            replaced.insert(key, value);
        }
    }
    replaced
}

fn described(rule: &Rule) -> Value {
    let mut described = json!({
        "uuid": rule.id,
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "author": rule.author,
        "ruleset": "brokerwatch",
    });
    if let Some(license) = &rule.license {
        described["license"] = json!(license);
    }
    if let Some(reference) = rule.references.first() {
        described["reference"] = json!(reference);
    }
    described
}

fn threat(rule: &Rule) -> Option<Value> {
    let first = rule.threat.first()?;
    let tactics = rule.threat.iter().map(|threat| &threat.tactic);
    let techniques: Vec<_> = rule.threat.iter().flat_map(|threat| &threat.techniques).collect();
    let subtechniques: Vec<_> =
        techniques.iter().flat_map(|technique| &technique.subtechniques).collect();
    let (mut ids, mut names, mut references) = (Vec::new(), Vec::new(), Vec::new());
    for tactic in tactics {
        ids.push(&tactic.id);
        names.push(&tactic.name);
        references.push(&tactic.reference);
    }
    Some(json!({
        "framework": first.framework,
        "tactic": { "id": ids, "name": names, "reference": references },
        "technique": {
            "id": techniques.iter().map(|t| &t.id).collect::<Vec<_>>(),
            "name": techniques.iter().map(|t| &t.name).collect::<Vec<_>>(),
            "reference": techniques.iter().map(|t| &t.reference).collect::<Vec<_>>(),
            "subtechnique": {
                "id": subtechniques.iter().map(|t| &t.id).collect::<Vec<_>>(),
                "name": subtechniques.iter().map(|t| &t.name).collect::<Vec<_>>(),
                "reference": subtechniques.iter().map(|t| &t.reference).collect::<Vec<_>>(),
            },
        },
    }))
}

fn reasons_json(
    reasons: &[(&str, &[Slot])],
    event: &Event<'_>,
    projection: &Projection,
) -> Vec<Value> {
    reasons
        .iter()
        .map(|(condition, slots)| {
            let values: Map<String, Value> = slots
                .iter()
                .map(|&slot| {
                    let texts: Vec<String> =
                        event.values(slot).iter().map(ToString::to_string).collect();
                    (projection.field(slot).name.clone(), json!(texts))
                })
                .collect();
            json!({ "condition": condition, "values": values })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_alert_replaces_is_kept_in_either_notation() {
        let source = json!({
            "event": {"kind": "event", "action": "a"}, "event.kind": "metric",
            "rule.name": "sensor's", "threat": {"framework": "x"}, "ruler": 1,
        });
        let Value::Object(mut document) = source else { unreachable!("it is an object") };
        let replaced = take_replaced(&mut document);
        let taken: Vec<&str> = replaced.keys().map(String::as_str).collect();
        assert_eq!(taken, ["event", "event.kind", "rule.name", "threat"]);
        let left: Vec<&str> = document.keys().map(String::as_str).collect();
        assert_eq!(left, ["event", "ruler"]);
    }
}
