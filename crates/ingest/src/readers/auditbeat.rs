//! Auditbeat's documents of the Linux audit log: they are ECS already, and their actions are Auditbeat's own.

use serde_json::Value;

use super::{Layout, Source, json_items, same_path};

pub(crate) static SOURCE: Source = Source {
    name: "auditbeat",
    title: "Auditbeat (auditd)",
    mapping: "auditbeat",
    layout: Layout::Json(tell),
    items: json_items,
    path: same_path,
};

fn tell(document: &Value) -> bool {
    let document = document.get("_source").unwrap_or(document);
    let text = |pointer: &str, dotted: &str| {
        let value = document.pointer(pointer).or_else(|| document.get(dotted));
        value.and_then(Value::as_str)
    };
    let has_audit = |name: &str| name == "auditd" || name.starts_with("auditd.");
    let has_fields =
        document.as_object().is_some_and(|members| members.keys().any(|name| has_audit(name)));
    match text("/event/module", "event.module") {
        Some(module) => has_fields && matches!(module, "auditd" | "auditd_manager"),
        None => text("/auditd/message_type", "auditd.message_type").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_told_by_its_module_and_its_own_fields() {
        assert!(tell(&json!({"event": {"module": "auditd"}, "auditd": {"result": "success"}})));
        assert!(tell(
            &json!({"_source": {"event.module": "auditd_manager", "auditd.result": "success"}})
        ));
        assert!(tell(&json!({"auditd": {"message_type": "syscall"}})));
        assert!(!tell(&json!({"event": {"module": "system"}, "auditd": {}})));
        assert!(!tell(&json!({"event": {"module": "auditd"}})));
    }
}
