//! LAUREL: the Linux audit log as JSON, an event a line, with an object or a list for each type of record.
//!
//! What it decoded is taken as it is; numbers become names as in the text of the log.

use std::collections::BTreeMap;

use bumpalo::Bump;
use serde_json::{Map, Value};

use super::audit::{AuditEvent, Record, Written};
use super::{Layout, OnItem, Raw, Source, same_path};

pub(crate) static SOURCE: Source = Source {
    name: "laurel",
    title: "Linux audit log as JSON by LAUREL",
    mapping: "audit",
    layout: Layout::Json(tell),
    items,
    path: same_path,
};

/// Records that tell of another process than the event's.
const CONTEXT: [&str; 5] = ["PID", "PPID", "PARENT_INFO", "CONTAINER_INFO", "CONTAINER"];

fn tell(document: &Value) -> bool {
    let id = document.get("ID").and_then(Value::as_str);
    id.is_some_and(|id| stamp(id).is_some())
        && document.as_object().is_some_and(|members| {
            members
                .iter()
                .any(|(key, value)| is_record_type(key) && (value.is_object() || value.is_array()))
        })
}

fn is_record_type(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_uppercase())
        && key.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_[]".contains(&byte)
        })
}

/// `SECONDS.MILLIS:SERIAL`
fn stamp(id: &str) -> Option<(&str, u64)> {
    let (time, serial) = id.split_once(':')?;
    let is_time =
        !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Some((time, serial.parse().ok()?)).filter(|_| is_time)
}

fn items<'c>(raw: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    match event(raw.bytes, arena) {
        Ok(event) => on_item(0, Ok(&event)),
        Err(why) => on_item(0, Err(why)),
    }
}

fn event<'c>(bytes: &'c [u8], arena: &'c Bump) -> Result<AuditEvent<'c>, String> {
    let document: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let id = document.get("ID").and_then(Value::as_str).ok_or("no `ID`")?;
    let (time, serial) = stamp(arena.alloc_str(id)).ok_or("`ID` is not SECONDS.MILLIS:SERIAL")?;
    let node = document.get("NODE").and_then(Value::as_str).unwrap_or_default();
    let mut records = Vec::new();
    for (key, value) in &document {
        match value {
            Value::Object(members) => records.push(record(key, members, arena)),
            Value::Array(several) => {
                let members = several.iter().filter_map(Value::as_object);
                records.extend(members.map(|members| record(key, members, arena)));
            }
            _ => {}
        }
    }
    Ok(AuditEvent { node: arena.alloc_str(node), time, serial, records })
}

fn record<'c>(kind: &str, members: &Map<String, Value>, arena: &'c Bump) -> Record<'c> {
    let mut record = Record::new(arena.alloc_str(kind));
    record.is_context = CONTEXT.contains(&kind);
    for (key, value) in members {
        let key: &str = arena.alloc_str(key);
        match value {
            Value::String(text) if key == "saddr" => address_of_text(&mut record, text, arena),
            Value::String(text) => record.add(key, arena.alloc_str(text), Written::Plain, arena),
            Value::Number(number) => {
                let text = arena.alloc_str(&number.to_string());
                record.add(key, text, Written::Plain, arena);
            }
            Value::Array(list) if key == "ARGV" => arguments(&mut record, list, arena),
            Value::Object(address) if key == "SADDR" => {
                address_of_object(&mut record, address, arena);
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    record
}

/// `ARGV` is the arguments of an `EXECVE` and the title of a `PROCTITLE`; of a `SYSCALL` it is its four numbers.
fn arguments<'c>(record: &mut Record<'c>, list: &[Value], arena: &'c Bump) {
    let texts = list.iter().map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    match record.kind {
        "PROCTITLE" => {
            let title = texts.collect::<Vec<_>>().join(" ");
            record.add("proctitle", arena.alloc_str(&title), Written::Plain, arena);
        }
        "SYSCALL" => {
            for (number, text) in texts.enumerate() {
                let text = text.strip_prefix("0x").unwrap_or(&text);
                record.pairs.push((arena.alloc_str(&format!("a{number}")), arena.alloc_str(text)));
            }
        }
        _ => {
            for (number, text) in texts.enumerate() {
                let key = arena.alloc_str(&format!("a{number}"));
                record.add(key, arena.alloc_str(&text), Written::Plain, arena);
            }
        }
    }
}

/// An address as bytes: bytes that are no text are written `%XX`.
fn address_of_text<'c>(record: &mut Record<'c>, text: &str, arena: &'c Bump) {
    if record.get("family").is_none() {
        record.socket_address(&percent_decoded(text), arena);
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = escaped
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}

/// An address as the audit daemon enriched it.
fn address_of_object<'c>(record: &mut Record<'c>, address: &Map<String, Value>, arena: &'c Bump) {
    let texts: BTreeMap<&str, String> = address
        .iter()
        .map(|(key, value)| {
            (key.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    let first = |one: &str, other: &str| texts.get(one).or_else(|| texts.get(other));
    if record.get("family").is_some() {
        return;
    }
    let family = first("saddr_fam", "fam").map(|family| match family.as_str() {
        "inet" => "ipv4",
        "inet6" => "ipv6",
        "local" => "unix",
        other => other,
    });
    if let Some(family) = family {
        record.pairs.push(("family", arena.alloc_str(family)));
    }
    if let Some(path) = texts.get("path") {
        record.pairs.push(("path", arena.alloc_str(path)));
    }
    let port = first("lport", "port").and_then(|port| port.parse().ok());
    if let (Some(address), Some(port)) = (first("laddr", "addr"), port) {
        record.endpoint(address, port, arena);
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Event, Projection, Schema};

    use super::*;
    use crate::readers::SourcePlan;

    #[track_caller]
    fn check(document: &str, names: &[&str], expected: &str) {
        let mut projection = Projection::new();
        for name in names {
            projection.want(name, &Schema::strict());
        }
        let plan = SourcePlan::new(&projection, &SOURCE);
        let arena = Bump::new();
        let mut found = Vec::new();
        items(Raw { bytes: document.as_bytes(), header: &[] }, &arena, &mut |_, item| match item {
            Err(why) => found.push(format!("! {why}")),
            Ok(item) => {
                let mut fields = Event::new(&projection);
                item.fill(&plan, &arena, &mut fields).unwrap();
                for (slot, field) in projection.fields() {
                    let values: Vec<_> =
                        fields.values(slot).iter().map(ToString::to_string).collect();
                    found.push(format!("{}={}", field.name, values.join("|")));
                }
            }
        });
        assert_eq!(found.join("\n"), expected);
    }

    #[test]
    fn documents_give_the_fields_of_the_log() {
        let document = r#"{"ID":"1500000000.250:7","NODE":"web","SYSCALL":{"arch":"0xc000003e","syscall":42,"success":"no",
            "exit":-115,"pid":5,"uid":0,"key":null,"UID":"root","ARGV":["0x5","0x7f"]},
            "SOCKADDR":{"saddr":"%02%00%01%BB%CB%00q%09%00"},"EXECVE":{"ARGV":["sh","-c"]},
            "PATH":[{"item":0,"name":"/a"},{"item":1,"name":"/b"}],
            "PPID":{"pid":1,"exe":"/usr/bin/dash"}}"#;
        assert!(tell(&serde_json::from_str(document).unwrap()));
        check(
            document,
            &[
                "time",
                "node",
                "syscall",
                "exit",
                "pid",
                "UID",
                "a1",
                "SOCKADDR.addr",
                "SOCKADDR.port",
                "args",
                "PATH.name",
                "PPID.exe",
                "exe",
            ],
            "time=1500000000.250\nnode=web\nsyscall=connect\nexit=EINPROGRESS\npid=5\nUID=root\na1=7f\nSOCKADDR.addr=203.0.113.9\nSOCKADDR.port=443\nargs=sh|-c\nPATH.name=/a|/b\nPPID.exe=/usr/bin/dash\nexe=",
        );
    }

    #[test]
    fn addresses_may_be_objects() {
        check(
            r#"{"ID":"1.0:1","SOCKADDR":{"SADDR":{"saddr_fam":"inet6","laddr":"2001:db8::1","lport":1883}}}"#,
            &["SOCKADDR.family", "SOCKADDR.addr", "SOCKADDR.port"],
            "SOCKADDR.family=ipv6\nSOCKADDR.addr=2001:db8::1\nSOCKADDR.port=1883",
        );
    }

    #[test]
    fn what_is_none_says_why() {
        check("{}", &[], "! no `ID`");
        check(r#"{"ID":"x"}"#, &[], "! `ID` is not SECONDS.MILLIS:SERIAL");
        check("{", &[], "! EOF while parsing an object at line 1 column 1");
        assert!(!tell(&serde_json::json!({"ID": "1.0:1"})));
        assert!(!tell(&serde_json::json!({"ID": 1, "SYSCALL": {}})));
    }
}
