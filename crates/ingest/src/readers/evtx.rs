//! Windows event logs (EVTX), chunk by chunk.
//!
//! A chunk has its own tables of strings and templates, so a damaged one costs no other. Records are rendered to XML,
//! which is what Windows itself gives programs, and read like any other event: numbers, GUIDs and times have one form.

use std::sync::{Arc, LazyLock};

use bumpalo::Bump;
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, EvtxRecord, ParserSettings};

use super::event_xml::EventXml;
use super::{Layout, OnItem, Raw, Source, same_path};

/// Windows event logs.
pub(crate) static SOURCE: Source = Source {
    name: "windows-evtx",
    title: "Windows event log (EVTX)",
    mapping: "windows",
    layout: Layout::Evtx,
    items,
    path: same_path,
};

/// What stands before the content of a record: magic, size, number, time.
const RECORD_HEADER_BYTES: usize = 24;

static SETTINGS: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(ParserSettings::default().indent(false)));

fn items<'c>(record: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    // Windows makes room for chunks before it writes them.
    if !record.bytes.is_empty() && record.bytes.iter().all(|byte| *byte == 0) {
        return;
    }
    // Checksums are not asked for: logs of a machine that stopped are dirty, and their records are good.
    let chunk = EvtxChunkData::new(record.bytes.to_vec(), false);
    let mut chunk = match chunk {
        Ok(chunk) => chunk,
        Err(error) => return on_item(0, Err(reason("chunk", &error))),
    };
    let mut chunk = match chunk.parse(SETTINGS.clone()) {
        Ok(chunk) => chunk,
        Err(error) => return on_item(0, Err(reason("chunk", &error))),
    };
    for found in chunk.iter() {
        match found {
            Ok(found) => render(found, arena, on_item),
            Err(error) => on_item(place(&error, record.bytes), Err(reason("record", &error))),
        }
    }
}

fn render<'c>(record: EvtxRecord<'_>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let at = (record.binxml_offset as usize).saturating_sub(RECORD_HEADER_BYTES);
    match record.into_xml() {
        Ok(xml) => {
            let text = arena.alloc_str(&xml.data);
            write_guids_in_upper_case(text);
            on_item(at, Ok(&EventXml(text)));
        }
        Err(error) => on_item(at, Err(reason("record", &error))),
    }
}

/// GUIDs are numbers in a log, and programs differ in how they write them: here as the registry does. Changes those that
/// are a whole text or attribute.
fn write_guids_in_upper_case(xml: &mut str) {
    const LENGTH: usize = "{00000000-0000-0000-0000-000000000000}".len();
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'{', &xml.as_bytes()[from..]).map(|at| from + at) {
        from = at + 1;
        let (before, after) = (at.checked_sub(1), at + LENGTH);
        let delimits = |at: Option<usize>| {
            at.and_then(|at| xml.as_bytes().get(at)).is_some_and(|byte| b"><\"".contains(byte))
        };
        let is_guid = delimits(before)
            && delimits(Some(after))
            && xml.as_bytes()[at + 1..after - 1].iter().enumerate().all(|(i, byte)| match i {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_guid {
            xml[at..after].make_ascii_uppercase();
        }
    }
}

/// Where a record is that an error is about.
fn place(error: &EvtxError, chunk: &[u8]) -> usize {
    match error {
        EvtxError::FailedToReadRecordAt { offset, .. } => *offset as usize,
        EvtxError::FailedToParseRecord { record_id, .. } => {
            let number = record_id.to_le_bytes();
            let starts = memchr::memmem::find_iter(chunk, b"**\0\0");
            let is_it = |at: &usize| chunk.get(at + 8..at + 16) == Some(&number[..]);
            { starts }.find(is_it).unwrap_or(0)
        }
        _ => 0,
    }
}

/// What is wrong, with its causes, in our style: the crate's messages are sentences.
fn reason(what: &str, error: &dyn std::error::Error) -> String {
    let mut reason = format!("unreadable {what}");
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        let message = message.trim_end_matches('.');
        let (first, rest) = message.split_at(message.chars().next().map_or(0, char::len_utf8));
        reason.push_str(": ");
        reason.push_str(&first.to_lowercase());
        reason.push_str(rest);
        next = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_written_in_upper_case() {
        let guid = "{3f2504e0-4f89-11d3-9a0c-0305e82c330a}";
        let upper = guid.to_uppercase();
        for (text, expected) in [
            (format!("<a>{guid}</a>"), format!("<a>{upper}</a>")),
            (format!("<a b=\"{guid}\"/>"), format!("<a b=\"{upper}\"/>")),
            (format!("<a>cmd {guid}</a>"), format!("<a>cmd {guid}</a>")),
            ("<a>{abc}</a>".to_owned(), "<a>{abc}</a>".to_owned()),
            ("<a>{".to_owned(), "<a>{".to_owned()),
            (guid.to_owned(), guid.to_owned()),
        ] {
            let mut changed = text.clone();
            write_guids_in_upper_case(&mut changed);
            assert_eq!(changed, expected, "{text}");
        }
    }
}
