//! What the action line of an Elasticsearch bulk file says of its document: its id and its index.

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use serde::Deserialize;

#[derive(Deserialize)]
struct Action {
    #[serde(alias = "create")]
    index: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "_id")]
    id: Option<String>,
    #[serde(rename = "_index")]
    index: Option<String>,
}

/// Gives an event the id and the index that its action line names; what the line does not say stays as it was.
pub fn read_action<'c>(line: &[u8], arena: &'c Bump, event: &mut Event<'c>) {
    let Ok(Action { index: Metadata { id, index } }) = serde_json::from_slice(line) else { return };
    if let Some(id) = id {
        event.id = Some(arena.alloc_str(&id));
    }
    if let Some(index) = index {
        event.index = Some(arena.alloc_str(&index));
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::Projection;

    use super::*;

    #[test]
    fn the_line_names_id_and_index() {
        for line in [
            r#"{"index":{"_index":"logs","_id":"7"}}"#,
            r#"{ "create": {"_id": "\u0037", "_index": "logs", "pipeline": "p"} }"#,
        ] {
            let arena = Bump::new();
            let mut event = Event::new(&Projection::new());
            read_action(line.as_bytes(), &arena, &mut event);
            assert_eq!((event.id, event.index), (Some("7"), Some("logs")), "{line}");
        }
    }
}
