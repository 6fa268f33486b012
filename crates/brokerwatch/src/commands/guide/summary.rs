//! What an alert says, in short: what, where, who, when, and why.

use brokerwatch_rules::guide::Values;
use serde_json::Value;

use super::alerts::Alert;

/// The fields of a summary by their headings, each with the word for it.
const FIELDS: &[(&str, &[(&str, &str)])] = &[
    (
        "What",
        &[
            ("rule", "rule.name"),
            ("severity", "brokerwatch.alert.severity"),
            ("risk score", "event.risk_score"),
            ("technique", "threat.technique.id"),
            ("sub-technique", "threat.technique.subtechnique.id"),
            ("action", "event.action"),
            ("topic", "mqtt.topic"),
            ("name asked for", "dns.question.name"),
            ("server name", "tls.client.server_name"),
            ("counted", "kibana.alert.threshold_result.count"),
            ("alert", "brokerwatch.alert.id"),
        ],
    ),
    (
        "Where",
        &[
            ("host", "host.name"),
            ("host id", "host.id"),
            ("system", "host.os.type"),
            ("source", "source.ip"),
            ("destination", "destination.ip"),
            ("destination port", "destination.port"),
            ("destination name", "destination.domain"),
            ("record", "brokerwatch.source.path"),
            ("line", "brokerwatch.source.line"),
        ],
    ),
    (
        "Who",
        &[
            ("user", "user.name"),
            ("process", "process.executable"),
            ("process name", "process.name"),
            ("process id", "process.pid"),
            ("command line", "process.command_line"),
            ("hash", "process.hash.sha256"),
            ("signed by", "process.code_signature.subject_name"),
            ("parent", "process.parent.executable"),
            ("parent name", "process.parent.name"),
        ],
    ),
    (
        "When",
        &[
            ("time", "@timestamp"),
            ("window from", "brokerwatch.alert.window.from"),
            ("window to", "brokerwatch.alert.window.to"),
            ("history since", "brokerwatch.alert.new_terms.events_since"),
            ("alerts that it stands for", "brokerwatch.alert.suppression.docs_count"),
        ],
    ),
];

/// The summary of an alert.
pub(super) struct Summary {
    /// Headings with words and values; what the alert lacks is left out.
    pub(super) parts: Vec<(&'static str, Vec<(&'static str, Vec<String>)>)>,
    /// The conditions of the rule that the event met, with the fields and values.
    pub(super) reasons: Vec<(String, Vec<(String, Vec<String>)>)>,
    /// The parts of the rule that could not be applied to the source.
    pub(super) not_applied: Vec<String>,
    /// Main fields that the alert lacks.
    pub(super) missing: Vec<&'static str>,
}

/// The fields that most investigations begin with.
const MAIN: &[&str] =
    &["@timestamp", "host.name", "user.name", "process.executable", "destination.ip"];

impl Summary {
    /// Of an alert.
    pub(super) fn of(alert: &Alert) -> Summary {
        let values = &alert.values;
        let parts = FIELDS.iter().map(|(heading, fields)| {
            let filled = fields.iter().filter(|(_, field)| !values.get(field).is_empty());
            let filled = filled.map(|(word, field)| (*word, values.get(field).to_vec()));
            (*heading, filled.collect::<Vec<_>>())
        });
        Summary {
            parts: parts.filter(|(_, fields)| !fields.is_empty()).collect(),
            reasons: reasons(&alert.document),
            not_applied: values.get("brokerwatch.alert.not_applied").to_vec(),
            missing: MAIN.iter().copied().filter(|field| values.get(field).is_empty()).collect(),
        }
    }
}

fn reasons(document: &Value) -> Vec<(String, Vec<(String, Vec<String>)>)> {
    let reasons = document.pointer("/brokerwatch/alert/reasons").and_then(Value::as_array);
    reasons
        .into_iter()
        .flatten()
        .filter_map(|reason| {
            let condition = reason.get("condition")?.as_str()?.to_owned();
            let fields = reason.get("values").and_then(Value::as_object).into_iter().flatten();
            let fields = fields.map(|(field, values)| {
                // A name with a dot is one key here, so the document of this field alone is made.
                let alone = Value::Object([(field.clone(), values.clone())].into_iter().collect());
                (field.clone(), Values::of(&alone).get(field).to_vec())
            });
            Some((condition, fields.collect()))
        })
        .collect()
}
