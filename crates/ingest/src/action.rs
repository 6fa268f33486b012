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
    /// The digest of the record that an imported event was first read from, as a number of 32 hexadecimal digits.
    #[serde(rename = "_record")]
    record: Option<String>,
    /// The name of the source that an imported event was first read from.
    #[serde(rename = "_reader")]
    reader: Option<String>,
}

/// Gives an event the id, the index and the digest that its action line names; what the line does not say stays as it was.
pub fn read_action<'c>(line: &[u8], arena: &'c Bump, event: &mut Event<'c>) {
    let Ok(Action { index: Metadata { id, index, record, reader } }) = serde_json::from_slice(line)
    else {
        return;
    };
    if let Some(id) = id {
        event.id = Some(arena.alloc_str(&id));
    }
    if let Some(index) = index {
        event.index = Some(arena.alloc_str(&index));
    }
    let digest = record.and_then(|record| u128::from_str_radix(&record, 16).ok());
    event.first_digest = digest.map(u128::to_be_bytes);
    event.first_source = reader.map(|name| &*arena.alloc_str(&name));
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
            assert_eq!(event.first_digest, None);
        }
    }

    #[test]
    fn the_line_names_what_an_imported_event_was() {
        let (arena, mut event) = (Bump::new(), Event::new(&Projection::new()));
        let line = br#"{"index":{"_record":"000102030405060708090a0b0c0d0e0f","_reader":"zeek"}}"#;
        read_action(line, &arena, &mut event);
        assert_eq!(
            event.first_digest,
            Some([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        );
        assert_eq!(event.first_source, Some("zeek"));
    }
}
