//! osquery's results: a line for each row of a differential log, or many rows in the lists of one document.
//!
//! A row's fields are `columns.NAME`; those of the document around it have their own names (`name`, `hostIdentifier`,
//! `unixTime`, `action`). `table` is the table that the row is of, told from its columns, because a query can have any
//! name.

use brokerwatch_ecs::{Event, Value as Field};
use bumpalo::Bump;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Item, Layout, OnItem, Raw, Source, SourcePlan, same_path};

pub(crate) static SOURCE: Source = Source {
    name: "osquery",
    title: "osquery results",
    mapping: "osquery",
    layout: Layout::Json(tell),
    items,
    path: same_path,
};

/// The lists of rows that a document may have, and what the differential says of a row in each.
const LISTS: [(&str, &str); 3] = [
    ("/snapshot", "snapshot"),
    ("/diffResults/added", "added"),
    ("/diffResults/removed", "removed"),
];

fn tell(document: &Value) -> bool {
    let document = document.pointer("/data/0").unwrap_or(document);
    let has = |name: &str| document.get(name).is_some();
    let has_rows =
        LISTS.iter().any(|(list, _)| document.pointer(list).is_some_and(Value::is_array))
            || document.get("columns").is_some_and(Value::is_object);
    has_rows && has("name") && (has("hostIdentifier") || has("unixTime") || has("calendarTime"))
}

/// The parts of a document that hold rows; each is read when its turn comes.
#[derive(Deserialize)]
struct Document<'c> {
    #[serde(borrow)]
    data: Option<Vec<&'c RawValue>>,
    #[serde(borrow)]
    columns: Option<&'c RawValue>,
    #[serde(borrow)]
    snapshot: Option<Vec<&'c RawValue>>,
    #[serde(borrow, rename = "diffResults")]
    results: Option<Results<'c>>,
}

#[derive(Deserialize)]
struct Results<'c> {
    // An empty list is written as an empty text.
    #[serde(borrow)]
    added: Option<&'c RawValue>,
    #[serde(borrow)]
    removed: Option<&'c RawValue>,
}

/// A row, and the members of the document around it.
struct Row {
    around: Map<String, Value>,
    columns: Map<String, Value>,
    action: Option<&'static str>,
}

fn items<'c>(raw: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let document: Document<'c> = match serde_json::from_slice(raw.bytes) {
        Ok(document) => document,
        Err(error) => return on_item(0, Err(error.to_string())),
    };
    match document.data {
        // What a server of osquery got: several results in one document.
        Some(results) => {
            for result in results {
                let start = place(raw.bytes, result);
                match serde_json::from_str(result.get()) {
                    Ok(inner) => rows(raw.bytes, result.get().as_bytes(), &inner, on_item),
                    Err(error) => on_item(start, Err(error.to_string())),
                }
            }
        }
        None => rows(raw.bytes, raw.bytes, &document, on_item),
    }
}

/// Where a part of a record begins.
fn place(record: &[u8], part: &RawValue) -> usize {
    part.get().as_ptr() as usize - record.as_ptr() as usize
}

fn rows<'c>(
    record: &'c [u8],
    bytes: &'c [u8],
    document: &Document<'c>,
    on_item: &mut OnItem<'_, 'c>,
) {
    let start = bytes.as_ptr() as usize - record.as_ptr() as usize;
    let mut around: Map<String, Value> = match serde_json::from_slice(bytes) {
        Ok(members) => members,
        Err(error) => return on_item(start, Err(error.to_string())),
    };
    for name in ["columns", "snapshot", "diffResults"] {
        around.remove(name);
    }
    let mut give = |row: &'c RawValue, action: Option<&'static str>| {
        let start = place(record, row);
        match serde_json::from_str(row.get()) {
            Ok(columns) => on_item(start, Ok(&Row { around: around.clone(), columns, action })),
            Err(error) => on_item(start, Err(format!("a row that is no object: {error}"))),
        }
    };
    let mut found = false;
    if let Some(columns) = document.columns {
        give(columns, None);
        found = true;
    }
    if let Some(snapshot) = &document.snapshot {
        snapshot.iter().for_each(|row| give(row, Some("snapshot")));
        found = true;
    }
    if let Some(Results { added, removed }) = &document.results {
        for (list, action) in [(added, "added"), (removed, "removed")] {
            let list =
                list.and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
            list.into_iter().flatten().for_each(|row| give(row, Some(action)));
        }
        found = true;
    }
    if !found {
        on_item(start, Err("no `columns`, `snapshot` or `diffResults`".to_owned()));
    }
}

impl<'c> Item<'c> for Row {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        for (slot, field) in plan.projection.fields() {
            if field.name == "columns.*" {
                for (name, value) in &self.columns {
                    if let Some(value) = text(value) {
                        fields.push(slot, Field::Keyword(arena.alloc_str(name)));
                        fields.push(slot, Field::Keyword(arena.alloc_str(&value)));
                    }
                }
            } else if let Some(value) = self.value(&field.name) {
                fields.push(slot, Field::Keyword(arena.alloc_str(&value)));
            }
        }
        Ok(())
    }
}

impl Row {
    fn value(&self, name: &str) -> Option<String> {
        match (name, name.strip_prefix("columns.")) {
            (_, Some(column)) => text(self.columns.get(column)?),
            ("table", _) => self.table().map(str::to_owned),
            ("action", _) if self.action.is_some() => self.action.map(str::to_owned),
            _ => text(self.around.get(name)?),
        }
    }

    /// The table of a row, by columns that no other table has.
    fn table(&self) -> Option<&'static str> {
        let has = |names: &[&str]| names.iter().all(|name| self.columns.contains_key(*name));
        #[rustfmt::skip]
        let tables: [(&[&str], &str); 10] = [
            (&["syscall", "remote_address", "probe_error"], "bpf_socket_events"),
            (&["syscall", "json_cmdline", "probe_error"],   "bpf_process_events"),
            (&["event_type", "signing_id", "path"],         "es_process_events"),
            (&["remote_address", "action"],                 "socket_events"),
            (&["remote_address", "state"],                  "process_open_sockets"),
            (&["remote_address", "remote_port", "local_port"], "process_open_sockets"),
            (&["cmdline", "path", "auid"],                  "process_events"),
            (&["cmdline", "path", "parent", "on_disk"],     "processes"),
            (&["target_path", "action"],                    "file_events"),
            (&["address", "port", "pid", "protocol"],       "listening_ports"),
        ];
        tables.into_iter().find(|(columns, _)| has(columns)).map(|(_, table)| table)
    }
}

/// A value as text; osquery writes numbers as texts, or as numbers if it is told to.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Projection, Schema};

    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &[&str]) {
        let mut projection = Projection::new();
        for name in ["table", "action", "name", "columns.pid"] {
            projection.want(name, &Schema::strict());
        }
        let plan = SourcePlan::new(&projection, &SOURCE);
        let arena = Bump::new();
        let mut found = Vec::new();
        items(
            Raw { bytes: document.as_bytes(), header: &[] },
            &arena,
            &mut |at, item| match item {
                Err(why) => found.push(format!("{at}! {why}")),
                Ok(item) => {
                    let mut fields = Event::new(&projection);
                    item.fill(&plan, &arena, &mut fields).unwrap();
                    let values = projection.fields().map(|(slot, _)| {
                        fields
                            .values(slot)
                            .iter()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>()
                            .join("|")
                    });
                    found.push(format!("{at} {}", values.collect::<Vec<_>>().join(",")));
                }
            },
        );
        assert_eq!(found, expected, "{document}");
    }

    #[test]
    fn rows_are_found_in_every_form() {
        check(
            r#"{"name":"q","action":"added","columns":{"pid":"7","remote_address":"::1","action":"connect"}}"#,
            &["39 socket_events,added,q,7"],
        );
        check(
            r#"{"name":"q","action":"snapshot","snapshot":[{"pid":7},{"pid":"8"},5]}"#,
            &[
                "44 ,snapshot,q,7",
                "54 ,snapshot,q,8",
                "66! a row that is no object: invalid type: integer `5`, expected a map at line 1 column 1",
            ],
        );
        check(
            r#"{"name":"q","diffResults":{"added":[{"pid":"7"}],"removed":""}}"#,
            &["36 ,added,q,7"],
        );
        check(
            r#"{"node_key":"k","data":[{"name":"q","columns":{"pid":"7"}},{}]}"#,
            &["46 ,,q,7", "59! no `columns`, `snapshot` or `diffResults`"],
        );
    }

    #[test]
    fn what_is_none_says_why() {
        check("{}", &["0! no `columns`, `snapshot` or `diffResults`"]);
        check("[", &["0! EOF while parsing a list at line 1 column 1"]);
        check(
            r#"{"snapshot":5}"#,
            &["0! invalid type: integer `5`, expected a sequence at line 1 column 13"],
        );
    }

    #[test]
    fn it_is_told_by_its_rows_and_its_host() {
        let told = |text| tell(&serde_json::from_str(text).unwrap());
        assert!(told(r#"{"name":"q","hostIdentifier":"h","columns":{}}"#));
        assert!(told(r#"{"data":[{"name":"q","unixTime":1,"snapshot":[]}]}"#));
        assert!(!told(r#"{"name":"q","columns":{}}"#));
        assert!(!told(r#"{"name":"q","hostIdentifier":"h"}"#));
    }
}
