//! Suricata's EVE log: JSON objects of many kinds, told apart by `event_type`.

use super::{Layout, Source, json_items, same_path};

/// EVE.
pub(crate) static SOURCE: Source = Source {
    name: "suricata-eve",
    title: "Suricata (EVE JSON)",
    mapping: "suricata",
    layout: Layout::Json(is_eve),
    items: json_items,
    path: same_path,
};

/// Statistics have no flow, and alerts that went through other programs may have lost their type.
fn is_eve(value: &serde_json::Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    let is_text = |name: &str| value.get(name).is_some_and(serde_json::Value::is_string);
    let has_kind = is_text("event_type") || has("alert");
    let has_ends = has("flow_id") || (has("src_ip") && has("dest_ip"));
    is_text("timestamp") && has_kind && (has_ends || has("stats") || has("pcap_cnt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eve_is_told_by_its_type_and_flow() {
        for document in [
            r#"{"timestamp":"2021-06-06T15:59:46.457984+0200","flow_id":1,"event_type":"flow"}"#,
            r#"{"timestamp":"2021-06-06T15:59:46.457984+0200","event_type":"stats","stats":{}}"#,
            r#"{"timestamp":"2021-06-06T15:59:46.457984+0200","flow_id":1,"alert":{}}"#,
        ] {
            assert!(is_eve(&serde_json::from_str(document).unwrap()), "{document}");
        }
        for document in [r#"{"timestamp":"x","event_type":"login"}"#, r#"{"flow_id":1}"#, "{}"] {
            assert!(!is_eve(&serde_json::from_str(document).unwrap()), "{document}");
        }
    }
}
