//! A record that is a JSON document, read again as a whole: for alerts and answers, which are few.

use serde_json::{Map, Value, json};

/// The document of a record; of an Elasticsearch hit its `_source`.
///
/// Numbers past the range of a double and halves of surrogate pairs are right by the grammar of JSON (RFC 8259 sections
/// 6 and 8.2), and the reader of events takes them, but no document here can hold them. Such a record stands whole under
/// `event.original`, with the reason under `error.message`.
pub fn document(record: &[u8]) -> Map<String, Value> {
    let mut document: Map<String, Value> = match serde_json::from_slice(record) {
        Ok(document) => document,
        Err(error) => return unreadable(record, &error.to_string()),
    };
    match document.remove("_source") {
        Some(Value::Object(inner)) => inner,
        Some(other) => {
            document.insert("_source".to_owned(), other);
            document
        }
        None => document,
    }
}

fn unreadable(record: &[u8], why: &str) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("event".to_owned(), json!({ "original": String::from_utf8_lossy(record) }));
    document.insert("error".to_owned(), json!({ "message": why }));
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_its_source() {
        for record in [r#"{"a":1}"#, r#"{"_id":"7","_source":{"a":1}}"#] {
            assert_eq!(Value::Object(document(record.as_bytes())), json!({"a": 1}));
        }
        assert_eq!(Value::Object(document(br#"{"_source":2}"#)), json!({"_source": 2}));
    }

    #[test]
    fn what_no_document_can_hold_is_kept_as_text() {
        for record in [r#"{"a":1e999}"#, r#"{"a":"\ud800"}"#] {
            let document = document(record.as_bytes());
            assert_eq!(document["event"]["original"], json!(record));
            assert!(document["error"]["message"].is_string());
        }
    }
}
