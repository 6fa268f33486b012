//! Alerts as ECS documents.

use brokerwatch_ecs::{Event, Projection, Slot, Timestamp, date};
use brokerwatch_eql::keys::KeyValue;
use brokerwatch_rules::{Rule, RuleKind};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::correlate::Finding;
use crate::threshold::Tally;
use crate::{Hit, Program, RuleSet, Signal};

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
    document: Map<String, Value>,
    path: &str,
    reasons: &[(&str, &[Slot])],
    absent: &[Slot],
) -> Alert {
    let not_applied = set.parts_reading(rule, absent);
    let rule = set.rules[rule];
    let id = id(rule, [digest_of(event)].iter());
    let mut own = own(rule, id, &reasons_json(reasons, event, &set.projection));
    own["source"] = place(path, event.origin.line, event.origin.offset_bytes);
    if !not_applied.is_empty() {
        own["alert"]["not_applied"] = json!(not_applied);
    }
    let moment = event.timestamp(set.timestamp);
    Alert { id, document: dress(document, rule, own, moment) }
}

/// Makes the alerts of a signal: of an event rule one, of a sequence its shell and then a building block for each event.
///
/// The shell has what all events share. `read` gives the document of a hit, and why it meets a condition of the rule, as
/// [`reasons_json`] does.
pub fn alerts_of(
    set: &RuleSet<'_>,
    signal: &Signal,
    read: &mut dyn FnMut(&Hit, usize) -> (Map<String, Value>, Vec<Value>),
) -> Vec<Alert> {
    let rule = set.rules[signal.rule];
    if let Finding::Threshold(tally) = &signal.finding {
        return threshold_alert(rule, signal, tally).into_iter().collect();
    }
    let hits: Vec<&Hit> = signal.events.iter().flatten().map(|member| &*member.hit).collect();
    let (mut documents, mut why) = (Vec::new(), Vec::new());
    for (place, member) in signal.events.iter().enumerate() {
        if let Some(member) = member {
            let (document, reasons) = read(&member.hit, set.condition_of(signal.rule, place));
            documents.push(document);
            why.push(reasons);
        }
    }
    let group = id(rule, hits.iter().map(|hit| hit.digest));
    let is_sequence = matches!(set.programs[signal.rule], Program::Sequence { .. });
    if !is_sequence {
        let hit = hits[0];
        let id = match signal.finding {
            Finding::NewTerm { .. } => {
                Uuid::new_v5(&group, shown(&signal.key).to_string().as_bytes())
            }
            Finding::Events | Finding::Threshold(_) => group,
        };
        let mut own = own(rule, id, &why.swap_remove(0));
        own["source"] = place(&hit.path, hit.line, hit.offset_bytes);
        suppressed(&mut own, signal);
        let document = documents.into_iter().next().unwrap_or_default();
        let mut document = dress(document, rule, own, moment_of(hit));
        if let Finding::NewTerm { since } = signal.finding {
            tell_new_term(&mut document, rule, &signal.key, since);
        }
        return vec![Alert { id, document }];
    }
    let mut shared = shared(&documents);
    // The sequence was complete with its last event.
    shared.shift_remove("@timestamp");
    let last = hits.iter().max_by(|a, b| a.order.cmp(&b.order)).copied();
    let mut blocks = Vec::new();
    for (index, ((hit, document), why)) in hits.iter().zip(documents).zip(why).enumerate() {
        let id = Uuid::new_v5(
            &group,
            &[hit.digest.as_bytes().as_slice(), &index.to_be_bytes()].concat(),
        );
        let mut own = own(rule, id, &why);
        own["source"] = place(&hit.path, hit.line, hit.offset_bytes);
        own["alert"]["building_block_type"] = json!("default");
        own["alert"]["group"] = json!({ "id": group.to_string(), "index": index });
        blocks.push(Alert { id, document: dress(document, rule, own, moment_of(hit)) });
    }
    let mut own = own(rule, group, &[]);
    let events = signal.events.iter().scan(blocks.iter(), |blocks, event| {
        Some(match event {
            Some(_) => blocks.next().map_or(Value::Null, |block| {
                json!({ "alert": block.id.to_string(), "source": block.document["brokerwatch"]["source"] })
            }),
            None => json!({ "missing": true }),
        })
    });
    let keys: Vec<Value> = signal.key.iter().map(KeyValue::shown_in_sequence).collect();
    own["alert"]["group"] = json!({ "id": group.to_string() });
    own["alert"]["sequence"] = json!({ "join_keys": keys, "events": events.collect::<Vec<_>>() });
    if let Some(last) = last {
        own["source"] = place(&last.path, last.line, last.offset_bytes);
    }
    suppressed(&mut own, signal);
    let document = dress(shared, rule, own, last.and_then(moment_of));
    let mut alerts = vec![Alert { id: group, document }];
    alerts.extend(blocks);
    alerts
}

impl Alert {
    /// Adds the indicators that its event meets.
    pub fn enrich(&mut self, enrichments: Vec<Value>) {
        if !enrichments.is_empty() {
            self.document["threat"]["enrichments"] = Value::Array(enrichments);
        }
    }
}

/// Makes the alert of a rule that gives rows, each with names of fields and their values.
///
/// `identity` is what tells the row from others: the same gives the same alert. `window` are the first and the last moment
/// that the rule looked at.
pub fn row_alert(
    rule: &Rule,
    fields: Map<String, Value>,
    identity: &[u8],
    moment: Option<Timestamp>,
    window: Option<(Timestamp, Timestamp)>,
) -> Alert {
    let id = id(rule, [digest(identity)].iter());
    let mut own = own(rule, id, &[]);
    if let Some((from, to)) = window {
        own["alert"]["window"] = json!({ "from": date::format(from), "to": date::format(to) });
    }
    let mut document = Map::new();
    for (name, value) in fields {
        put(&mut document, &name, value);
    }
    Alert { id, document: dress(document, rule, own, moment) }
}

/// The alert of a group with enough events: the fields of the group, and how many there were.
fn threshold_alert(rule: &Rule, signal: &Signal, tally: &Tally) -> Option<Alert> {
    let RuleKind::Threshold(threshold) = &rule.kind else { return None };
    let last = &signal.events.first()?.as_ref()?.hit;
    let values: Vec<Value> = signal.key.iter().map(KeyValue::shown_in_sequence).collect();
    let terms = threshold.fields.iter().zip(&values);
    let counted = threshold.cardinality.iter().zip(&tally.distinct);
    let mut result = json!({
        "terms": terms.clone().map(|(field, value)| json!({ "field": field, "value": value })).collect::<Vec<_>>(),
        "cardinality": counted.map(|(each, has)| json!({ "field": each.field, "value": has })).collect::<Vec<_>>(),
        "count": tally.count,
    });
    let moment = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).ok();
    if let Some(first) = moment(tally.first) {
        result["from"] = json!(date::format(first));
    }
    let mut fields: Map<String, Value> =
        terms.map(|(field, value)| (field.clone(), value.clone())).collect();
    fields.insert("kibana.alert.threshold_result".to_owned(), result);
    let identity = json!([values, tally.first_digest.to_string(), last.digest.to_string()]);
    let window = tally.window.and_then(|(from, to)| moment(from).zip(moment(to)));
    let mut alert =
        row_alert(rule, fields, identity.to_string().as_bytes(), moment_of(last), window);
    let own = &mut alert.document["brokerwatch"];
    own["source"] = place(&last.path, last.line, last.offset_bytes);
    suppressed(own, signal);
    Some(alert)
}

/// Says which values are new, and how much of the history there was to look at.
fn tell_new_term(document: &mut Value, rule: &Rule, term: &[KeyValue], since: i128) {
    let RuleKind::NewTerms(kind) = &rule.kind else { return };
    let values = shown(term);
    let fields: Map<String, Value> =
        kind.fields.iter().cloned().zip(values.as_array().into_iter().flatten().cloned()).collect();
    let since = Timestamp::from_nanosecond(since).ok().map(date::format);
    document["brokerwatch"]["alert"]["new_terms"] = json!({
        "values": fields,
        "history": kind.history_window.start.text,
        "events_since": since,
    });
    if let Value::Object(document) = document {
        put(document, "kibana.alert.new_terms", values);
    }
}

fn shown(key: &[KeyValue]) -> Value {
    key.iter().map(KeyValue::shown_in_sequence).collect()
}

/// The same for the same rule and records.
fn id(rule: &Rule, digests: impl Iterator<Item = impl std::borrow::Borrow<Uuid>>) -> Uuid {
    let mut name = rule.id.as_bytes().to_vec();
    for digest in digests {
        name.push(0);
        name.extend_from_slice(digest.borrow().as_bytes());
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &name)
}

/// Of the record of an event, for the ids of alerts; of an imported event of the record that it was.
pub fn digest_of(event: &Event<'_>) -> Uuid {
    event.first_digest.map_or_else(|| digest(event.source), Uuid::from_bytes)
}

/// Of a record, for the ids of alerts.
pub fn digest(record: &[u8]) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, record)
}

fn own(rule: &Rule, id: Uuid, reasons: &[Value]) -> Value {
    let mut own = json!({
        "alert": { "id": id.to_string(), "severity": rule.severity.name(), "reasons": reasons },
    });
    if rule.building_block {
        own["alert"]["building_block_type"] = json!("default");
    }
    own
}

/// Where a record stands. Binary formats have no lines.
fn place(path: &str, line: u64, offset_bytes: u64) -> Value {
    let mut place = json!({ "path": path, "offset": offset_bytes });
    if 0 < line {
        place["line"] = json!(line);
    }
    place
}

fn suppressed(own: &mut Value, signal: &Signal) {
    if 0 < signal.suppressed {
        own["alert"]["suppression"] = json!({ "docs_count": signal.suppressed });
    }
}

fn moment_of(hit: &Hit) -> Option<Timestamp> {
    Timestamp::from_nanosecond(hit.order.nanoseconds).ok()
}

/// What all documents have with the same value, whether their keys are nested or dotted.
fn shared(documents: &[Map<String, Value>]) -> Map<String, Value> {
    let mut leaves = documents.iter().map(|document| {
        let mut leaves = Map::new();
        flatten("", document, &mut leaves);
        leaves
    });
    let mut shared = leaves.next().unwrap_or_default();
    for other in leaves {
        shared.retain(|name, value| other.get(name) == Some(value));
    }
    let mut document = Map::new();
    for (name, value) in shared {
        put(&mut document, &name, value);
    }
    document
}

/// The values of a document by their dotted names; lists are values.
pub(crate) fn flatten(
    prefix: &str,
    document: &Map<String, Value>,
    leaves: &mut Map<String, Value>,
) {
    for (name, value) in document {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, leaves),
            value => {
                leaves.insert(name, value.clone());
            }
        }
    }
}

/// Puts a value at a dotted name. Where a value stands in the way of an object, the whole name becomes a key.
pub(crate) fn put(document: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some((first, rest)) = name.split_once('.')
        && let Value::Object(inner) = document.entry(first).or_insert_with(|| json!({}))
    {
        return put(inner, rest, value);
    }
    document.insert(name.to_owned(), value);
}

/// The document with what makes it an alert.
fn dress(
    mut document: Map<String, Value>,
    rule: &Rule,
    mut own: Value,
    moment: Option<Timestamp>,
) -> Value {
    let replaced = take_replaced(&mut document);
    if !document.contains_key("@timestamp")
        && let Some(moment) = moment
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
    if !replaced.is_empty() {
        own["original"] = Value::Object(replaced);
    }
    document.insert("brokerwatch".to_owned(), own);
    Value::Object(document)
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

/// Why an event meets a condition, as alerts tell it.
pub fn reasons_json(
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
    fn a_shell_has_what_its_events_share_in_either_notation() {
        let documents = [
            json!({"host": {"name": "a", "os": {"type": "linux"}}, "x": 1, "tags": ["t"]}),
            json!({"host.name": "a", "host.os.type": "macos", "x": 1, "tags": ["t"]}),
        ];
        let documents = documents.map(|document| match document {
            Value::Object(document) => document,
            _ => unreachable!("it is an object"),
        });
        let expected = json!({"host": {"name": "a"}, "x": 1, "tags": ["t"]});
        assert_eq!(Value::Object(shared(&documents)), expected);
    }

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
