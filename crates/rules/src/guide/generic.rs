//! The searches that fit any alert, for rules whose guide has none of their own.

use crate::{InvestigateButton, Provider};

/// What is told, and the alternatives: fields that all must have the alert's values.
const SEARCHES: &[(&str, &[&[&str]])] = &[
    (
        "Events of the same process",
        &[&["process.entity_id"], &["host.id", "process.pid"], &["host.name", "process.pid"]],
    ),
    ("Events of the same host", &[&["host.id"], &["host.name"]]),
    ("Events with the same destination", &[&["destination.ip"], &["destination.domain"]]),
    ("Events with the same source address", &[&["source.ip"]]),
    ("Events of the same user", &[&["user.id"], &["user.name"]]),
];

/// The searches, an hour around the alert.
pub(super) fn buttons() -> Vec<InvestigateButton> {
    let provider = |field: &&str| Provider {
        excluded: false,
        field: (*field).to_owned(),
        query_type: "phrase".to_owned(),
        value: format!("{{{{{field}}}}}"),
        value_type: "string".to_owned(),
    };
    SEARCHES
        .iter()
        .map(|(label, alternatives)| InvestigateButton {
            label: (*label).to_owned(),
            description: None,
            providers: alternatives
                .iter()
                .map(|fields| fields.iter().map(provider).collect())
                .collect(),
            relative_from: Some("now-1h".to_owned()),
            relative_to: Some("now+1h".to_owned()),
        })
        .collect()
}
