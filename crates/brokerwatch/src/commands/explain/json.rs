//! An explanation as one JSON document. Its shape is a promise (docs/explain.md); `version` changes when it breaks.

use brokerwatch_detect::explain::sequence::{
    Attempt, Ending, KeyValue, Miss, SequenceExplainer, iso,
};
use brokerwatch_detect::explain::{
    Change, Explanation, FieldReport, FieldState, LeafReport, Node, NodeKind, Place, line_column,
};
use brokerwatch_expr::Literal;
use serde_json::{Map, Value, json};

use super::sequences::{self, Roles};
use super::{Asked, Explained, Silenced, events};

/// The version of the shape.
const VERSION: u32 = 1;

pub(super) fn events(asked: &Asked, outcome: &events::Outcome) -> String {
    let mut document = head(asked, "event");
    document["events_read"] = json!(outcome.read);
    document["fired"] = json!(outcome.fired);
    document["shown"] = json!(outcome.why);
    document["events"] = outcome
        .explained
        .iter()
        .map(|Explained { place: at, time, explanation, silenced_by }| {
            let mut event = explained(asked, explanation);
            let silenced = silenced_by
                .iter()
                .map(|Silenced { item, list }| json!({ "item": item, "list": list }));
            event.insert("silenced_by".to_owned(), silenced.collect());
            event.insert("place".to_owned(), place(at));
            event.insert("timestamp".to_owned(), json!(time.map(iso)));
            Value::Object(event)
        })
        .collect();
    rendered(&document)
}

pub(super) fn roles(asked: &Asked, sequence: &SequenceExplainer, all: &[Roles]) -> String {
    let mut document = head(asked, "sequence");
    document["shown"] = json!("named");
    document["events"] = all
        .iter()
        .map(|roles| {
            let brackets =
                roles.brackets.iter().enumerate().map(|(number, (text, explanation))| {
                    let mut bracket = explained(asked, explanation);
                    let number = (number < sequence.len()).then_some(number + 1);
                    bracket.insert("bracket".to_owned(), json!(number));
                    bracket.insert("text".to_owned(), json!(text));
                    Value::Object(bracket)
                });
            json!({
                "place": place(&roles.place),
                "timestamp": roles.time.map(iso),
                "brackets": brackets.collect::<Vec<_>>(),
            })
        })
        .collect();
    rendered(&document)
}

pub(super) fn sequence(
    asked: &Asked,
    sequence: &SequenceExplainer,
    outcome: &sequences::Outcome,
) -> String {
    let replay = &outcome.replay;
    let mut document = head(asked, "sequence");
    document["events_read"] = json!(outcome.read);
    document["events_without_time"] = json!(outcome.without_time);
    document["entries_left_out"] = json!(replay.left_out);
    document["fired"] = json!(replay.fired);
    document["shown"] = json!(if outcome.shows_complete { "fired" } else { "near" });
    document["maxspan_ms"] = json!(sequence.maxspan_ms());
    document["brackets"] = replay
        .met
        .iter()
        .enumerate()
        .map(|(number, met)| {
            let (text, missing, runs) = sequence.bracket(number);
            json!({
                "bracket": number + 1,
                "text": text,
                "missing": missing,
                "runs": runs,
                "events": met.events,
                "events_without_key": met.without_key,
            })
        })
        .collect();
    document["keys_unfinished"] = json!(replay.keys);
    let shown = if outcome.shows_complete { &replay.complete } else { &replay.attempts };
    document["attempts"] =
        shown.iter().map(|attempt| self::attempt(asked, sequence, attempt)).collect();
    document["openings"] = outcome.openings.iter().map(|opening| miss(asked, opening)).collect();
    rendered(&document)
}

fn head(asked: &Asked, kind: &str) -> Value {
    let rule = asked
        .rule
        .as_ref()
        .map(|rule| json!({ "id": rule.id, "name": rule.name, "path": rule.path }));
    json!({ "version": VERSION, "kind": kind, "rule": rule, "query": asked.query })
}

fn rendered(document: &Value) -> String {
    format!("{document:#}\n")
}

fn place(place: &Place) -> Value {
    json!({
        "path": &*place.path,
        "line": (0 < place.line).then_some(place.line),
        "offset": place.offset_bytes,
        "id": place.id,
    })
}

fn explained(asked: &Asked, explanation: &Explanation) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("fires".to_owned(), json!(explanation.fires));
    object.insert("change".to_owned(), change(explanation));
    object.insert("condition".to_owned(), node(&explanation.root));
    let leaves = explanation.leaves.iter().map(|one| leaf(asked, one));
    object.insert("leaves".to_owned(), leaves.collect());
    object
}

fn change(explanation: &Explanation) -> Value {
    let kind = match &explanation.change {
        Change::Smallest(_) => "smallest",
        Change::Approximate(_) => "approximate",
        Change::Impossible => "impossible",
        Change::Unknown => "unknown",
    };
    let to = if explanation.fires { "not_fire" } else { "fire" };
    json!({ "kind": kind, "to": to, "leaves": explanation.change.leaves() })
}

fn node(of: &Node) -> Value {
    let parts = |parts: &[Node]| parts.iter().map(node).collect::<Vec<_>>();
    match &of.kind {
        NodeKind::Constant => json!({ "kind": "constant", "holds": of.holds }),
        NodeKind::Leaf(leaf) => json!({ "kind": "leaf", "holds": of.holds, "leaf": leaf }),
        NodeKind::Not(part) => json!({ "kind": "not", "holds": of.holds, "parts": [node(part)] }),
        NodeKind::And(list) => json!({ "kind": "and", "holds": of.holds, "parts": parts(list) }),
        NodeKind::Or(list) => json!({ "kind": "or", "holds": of.holds, "parts": parts(list) }),
    }
}

fn leaf(asked: &Asked, of: &LeafReport) -> Value {
    let (line, column) = line_column(&asked.query, of.span);
    let remarks = of.remarks.iter();
    let remarks =
        remarks.map(|remark| json!({ "kind": remark.kind.name(), "message": remark.message }));
    let computed = of.computed.iter().map(|part| {
        json!({ "text": part.text, "values": part.values.iter().map(literal).collect::<Vec<_>>() })
    });
    json!({
        "text": of.text,
        "holds": of.holds,
        "span": { "start": of.span.start, "end": of.span.end, "line": line, "column": column },
        "fields": of.fields.iter().map(field).collect::<Vec<_>>(),
        "computed": computed.collect::<Vec<_>>(),
        "remarks": remarks.collect::<Vec<_>>(),
    })
}

fn field(of: &FieldReport) -> Value {
    let (state, left_out) = match &of.state {
        FieldState::Present => ("present", Vec::new()),
        FieldState::Missing => ("missing", Vec::new()),
        FieldState::IllTyped(written) => ("ill_typed", written.clone()),
        FieldState::TooLong(_) => ("too_long", Vec::new()),
        FieldState::Absent => ("absent", Vec::new()),
    };
    json!({
        "name": of.name,
        "type": of.ty.name(),
        "state": state,
        "values": of.values.iter().map(literal).collect::<Vec<_>>(),
        "count": of.count,
        "left_out": left_out,
    })
}

fn literal(of: &Literal) -> Value {
    match of.value() {
        None => Value::Null,
        Some(brokerwatch_ecs::Value::Boolean(flag)) => json!(flag),
        Some(brokerwatch_ecs::Value::Long(number)) => json!(number),
        Some(brokerwatch_ecs::Value::Double(number)) => json!(number),
        Some(other) => json!(other.to_string()),
    }
}

fn attempt(asked: &Asked, sequence: &SequenceExplainer, of: &Attempt) -> Value {
    let events = of.events.iter().zip(&of.brackets);
    let events =
        events.map(|(event, bracket)| json!({ "bracket": bracket + 1, "place": place(event) }));
    let last_replaced = of.last_replaced.as_ref();
    json!({
        "key": key(&of.key),
        "reached": of.events.len(),
        "steps": sequence.steps(),
        "events": events.collect::<Vec<_>>(),
        "first_timestamp": iso(of.times.0),
        "last_timestamp": iso(of.times.1),
        "ending": ending(&of.ending),
        "next_bracket": of.next.map(|next| next + 1),
        "replaced": of.replaced,
        "last_replaced": last_replaced.map(|(opened, by)| json!({ "opened": place(opened), "by": place(by) })),
        "misses": of.misses.iter().map(|one| miss(asked, one)).collect::<Vec<_>>(),
    })
}

fn ending(of: &Ending) -> Value {
    match of {
        Ending::Complete => json!({ "kind": "complete" }),
        Ending::NoNext => json!({ "kind": "no_next" }),
        Ending::TooLate { event, elapsed_ms } => {
            json!({ "kind": "too_late", "event": place(event), "elapsed_ms": elapsed_ms })
        }
        Ending::Until(event) => json!({ "kind": "until", "event": place(event) }),
        Ending::Missing { event, bracket } => {
            json!({ "kind": "missing", "event": place(event), "bracket": bracket + 1 })
        }
        Ending::Replaced(event) => json!({ "kind": "replaced", "event": place(event) }),
    }
}

fn miss(asked: &Asked, of: &Miss) -> Value {
    match of {
        Miss::OtherKey { event, key: own } => {
            json!({ "kind": "other_key", "place": place(event), "key": key(own) })
        }
        Miss::NoKey { event, field } => {
            json!({ "kind": "no_key", "place": place(event), "field": field })
        }
        Miss::Condition { event, missed, explanation } => {
            let mut object = explained(asked, explanation);
            object.insert("kind".to_owned(), json!("condition"));
            object.insert("place".to_owned(), place(event));
            object.insert("missed".to_owned(), json!(missed));
            Value::Object(object)
        }
    }
}

fn key(of: &[(String, Option<KeyValue>)]) -> Value {
    let pairs = of.iter().map(|(name, value)| {
        let value = value.as_ref().map(|value| match value {
            KeyValue::Whole(number) => json!(number),
            KeyValue::Fraction(text) | KeyValue::Text(text) => json!(text),
        });
        json!({ "field": name, "value": value })
    });
    pairs.collect()
}
