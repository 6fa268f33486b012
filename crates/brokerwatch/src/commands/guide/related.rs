//! Other alerts that have something in common with an alert.

use std::collections::BTreeSet;

use brokerwatch_rules::guide::{ALERT_COLUMNS, Values, literal};
use serde_json::Value;

use super::alerts::Alert;
use super::search::Searches;
use crate::report;

/// What alerts can share, and the word for it.
const SHARED: &[(&str, &str)] = &[
    ("process.entity_id", "process"),
    ("process.hash.sha256", "hash"),
    ("host.id", "host"),
    ("host.name", "host"),
    ("destination.ip", "destination"),
    ("destination.domain", "destination"),
    ("user.id", "user"),
    ("user.name", "user"),
    ("brokerwatch.alert.group.id", "sequence"),
];

/// Most alerts of the telemetry that are looked at; that there are more is told.
const RELATED_MAX: usize = 1000;

/// Names that are shared by everybody and so say nothing.
const EVERYBODY: &[&str] = &["root", "SYSTEM", "0", "S-1-5-18", "NT AUTHORITY\\SYSTEM"];

/// An alert that shares something with another.
pub(super) struct Related {
    /// Its fields.
    pub(super) values: Values,
    /// What is shared.
    pub(super) shares: Vec<&'static str>,
}

impl Related {
    fn id(&self) -> Option<&str> {
        self.values.first("brokerwatch.alert.id")
    }
}

/// The alerts of the same file.
pub(super) fn among(alert: &Alert, alerts: &[Alert]) -> Vec<Related> {
    let others = alerts.iter().filter(|other| {
        other.number != alert.number && (other.id().is_empty() || other.id() != alert.id())
    });
    let related = others.map(|other| Related {
        shares: shares(&alert.values, &other.values),
        values: other.values.clone(),
    });
    related.filter(|related| !related.shares.is_empty()).collect()
}

/// The alerts among telemetry, without those that are known.
pub(super) fn searched(alert: &Alert, searches: &Searches, known: &[Related]) -> Vec<Related> {
    let conditions: Vec<String> = SHARED
        .iter()
        .flat_map(|(field, _)| {
            let values = alert.values.get(field).iter().filter(|value| says_something(value));
            values.map(move |value| format!("{field}: {}", literal(value)))
        })
        .collect();
    if conditions.is_empty() {
        return Vec::new();
    }
    let kql = format!("event.kind: (\"alert\" or \"signal\") and ({})", conditions.join(" or "));
    let mut columns: Vec<&str> = ALERT_COLUMNS.to_vec();
    columns.extend(
        SHARED.iter().map(|(field, _)| *field).filter(|field| !ALERT_COLUMNS.contains(field)),
    );
    let found = match searches.matching(&kql, &columns, RELATED_MAX) {
        Ok(found) => found,
        Err(why) => {
            report::note(&format!("warning: related alerts could not be searched: {why}"));
            return Vec::new();
        }
    };
    if RELATED_MAX < found.count {
        report::note(&format!(
            "note: {} alerts among the telemetry share something with this one; the first {RELATED_MAX} are looked at",
            found.count
        ));
    }
    let mut ids: BTreeSet<String> =
        known.iter().filter_map(Related::id).map(str::to_owned).collect();
    ids.insert(alert.id().to_owned());
    let mut related = Vec::new();
    for document in found.documents {
        let values = Values::of(&Value::Object(document));
        let each = Related { shares: shares(&alert.values, &values), values };
        let is_new = each.id().is_none_or(|id| ids.insert(id.to_owned()));
        if is_new && !each.shares.is_empty() {
            related.push(each);
        }
    }
    related
}

/// What two alerts share.
fn shares(one: &Values, other: &Values) -> Vec<&'static str> {
    let mut shared: Vec<&'static str> = SHARED
        .iter()
        .filter(|(field, _)| {
            let own = one.get(field).iter().filter(|value| says_something(value));
            own.into_iter().any(|value| other.get(field).contains(value))
        })
        .map(|(_, word)| *word)
        .collect();
    shared.dedup();
    shared
}

fn says_something(value: &str) -> bool {
    !EVERYBODY.contains(&value)
}
