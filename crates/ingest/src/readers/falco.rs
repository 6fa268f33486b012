//! Falco's alerts as JSON. The fields of an alert have names with dots inside one object, `output_fields`.

use serde_json::Value;

use super::{Layout, Source, json_items, same_path};

pub(crate) static SOURCE: Source = Source {
    name: "falco",
    title: "Falco alerts",
    mapping: "falco",
    layout: Layout::Json(tell),
    items: json_items,
    path: same_path,
};

fn tell(document: &Value) -> bool {
    let has_text = |name: &str| document.get(name).is_some_and(Value::is_string);
    document.get("output_fields").is_some_and(Value::is_object)
        && ["rule", "priority", "output"].into_iter().all(has_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_told_by_its_rule_and_its_fields() {
        assert!(tell(
            &json!({"rule": "r", "priority": "Warning", "output": "o", "output_fields": {}})
        ));
        assert!(!tell(&json!({"rule": "r", "priority": "Warning", "output": "o"})));
        assert!(!tell(
            &json!({"rule": {}, "priority": "Warning", "output": "o", "output_fields": {}})
        ));
    }
}
