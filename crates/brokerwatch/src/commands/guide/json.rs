//! The guide as one JSON document, whose shape docs/guide.md says.

use brokerwatch_rules::guide::{Button, Investigation, Piece};
use serde_json::{Map, Value, json};

use super::Told;
use super::search::Outcome;

/// The version of the shape; it grows when a key changes its meaning or goes.
const VERSION: u32 = 1;

/// The document.
pub(super) fn document(told: &Told<'_>) -> Value {
    let summary: Map<String, Value> = told
        .summary
        .parts
        .iter()
        .map(|(heading, fields)| {
            let fields: Map<String, Value> =
                fields.iter().map(|(word, values)| ((*word).to_owned(), json!(values))).collect();
            (heading.to_lowercase(), Value::Object(fields))
        })
        .collect();
    let reasons: Vec<Value> = told
        .summary
        .reasons
        .iter()
        .map(|(condition, fields)| {
            let values: Map<String, Value> =
                fields.iter().map(|(field, values)| (field.clone(), json!(values))).collect();
            json!({ "condition": condition, "values": values })
        })
        .collect();
    let rule = told.rule.as_ref().map(|rule| {
        json!({ "id": rule.id, "name": rule.name, "path": rule.path, "has_guide": rule.note.is_some() })
    });
    let osquery: Vec<Value> = told
        .guide
        .osquery
        .iter()
        .map(|each| json!({ "label": each.label, "sql": each.sql, "missing": each.missing }))
        .collect();
    let investigations = told.guide.investigations.iter().enumerate();
    let investigations: Vec<Value> = investigations
        .map(|(number, each)| investigation(each, told.outcomes.get(number)))
        .collect();
    json!({
        "version": VERSION,
        "alert": {
            "id": told.alert.id(),
            "summary": summary,
            "reasons": reasons,
            "not_applied": told.summary.not_applied,
            "missing": told.summary.missing,
        },
        "rule": rule,
        "guide": told.guide.pieces.iter().map(piece).collect::<Vec<_>>(),
        "missing": told.guide.missing,
        "osquery": osquery,
        "investigations_are_generic": told.guide.is_generic,
        "investigations": investigations,
        "related_alerts": told.related.iter().map(|each| {
            let field = |name| each.values.first(name);
            json!({
                "id": field("brokerwatch.alert.id"),
                "@timestamp": field("@timestamp"),
                "rule": field("rule.name"),
                "host": field("host.name"),
                "shares": each.shares,
            })
        }).collect::<Vec<_>>(),
    })
}

fn piece(piece: &Piece) -> Value {
    match piece {
        Piece::Text(text) => json!({ "markdown": text }),
        Piece::Button { kind: Button::Osquery, number, .. } => json!({ "osquery": number }),
        Piece::Button { kind: Button::Investigate, number, .. } => {
            json!({ "investigation": number })
        }
    }
}

fn investigation(each: &Investigation, outcome: Option<&Outcome>) -> Value {
    let mut document = json!({
        "label": each.label,
        "description": each.description,
        "esql": each.esql,
        "missing": each.missing,
        "problems": each.problems,
        "has_time_range": each.is_timed,
        "ran": matches!(outcome, Some(Outcome::Ran(_))),
    });
    match outcome {
        Some(Outcome::Ran(found)) => {
            document["count"] = json!(found.count);
            document["is_cut"] = json!(found.is_cut);
            document["rows"] = json!(found.documents);
            document["remarks"] = json!(found.remarks);
        }
        Some(Outcome::Failed(why)) => document["error"] = json!(why),
        Some(Outcome::NotAsked) | None => {}
    }
    document
}
