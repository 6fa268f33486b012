//! Suppression of alerts that are rows: of rules in ES|QL, whose groups are values of the row's columns.
//!
//! The same as [`crate::Correlator`] does with signals of events: the first alert of a group stands for those that come
//! while its window is open.

use std::collections::BTreeMap;

use brokerwatch_rules::{MissingFields, Rule};
use serde_json::{Value, json};

use crate::Alert;
use crate::limits::GROUPS_MAX;

/// An alert of a row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The alert.
    pub alert: Alert,
    /// When it counts, in milliseconds since the epoch.
    pub millis: i64,
    /// The values of the fields of `group_by`, in their order; null for one that the row lacks.
    pub group: Vec<Value>,
}

/// Takes away the alerts that an earlier one of their group stands for, which tells how many they are. Rows come in any
/// order and go in that of their time. Gives the alerts, and how many others they stand for.
pub fn suppress(rule: &Rule, mut rows: Vec<Row>) -> (Vec<Alert>, u64) {
    let Some(suppression) = &rule.suppression else {
        return (rows.into_iter().map(|row| row.alert).collect(), 0);
    };
    rows.sort_by_key(|row| row.millis);
    let seconds = suppression.duration_seconds.unwrap_or(rule.interval.seconds).max(1);
    let window = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    // The end of the open window of each group, and the alert that stands for it.
    let mut open: BTreeMap<String, (i64, usize)> = BTreeMap::new();
    let mut kept: Vec<(Alert, u64)> = Vec::new();
    for Row { alert, millis, group } in rows {
        let stands_alone = suppression.missing_fields == MissingFields::DoNotSuppress
            && group.contains(&Value::Null);
        let key = Value::Array(group).to_string();
        match open.get(&key) {
            Some((ends, first)) if !stands_alone && millis < *ends => kept[*first].1 += 1,
            known => {
                if !stands_alone && (known.is_some() || open.len() < GROUPS_MAX) {
                    open.insert(key, (millis.saturating_add(window), kept.len()));
                }
                kept.push((alert, 0));
            }
        }
    }
    let total = kept.iter().map(|(_, count)| count).sum();
    (kept.into_iter().map(told).collect(), total)
}

/// An alert that tells how many others it stands for.
fn told((mut alert, count): (Alert, u64)) -> Alert {
    if 0 < count {
        alert.document["brokerwatch"]["alert"]["suppression"] = json!({ "docs_count": count });
    }
    alert
}
