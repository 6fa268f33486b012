//! Tells what an input is from its head: its source and its framing, or what it looks like if it is not read here.

use super::bulk::{self, Bulk};
use super::documents::{Documents, Mark, Scanner};
use super::elements::{self, Elements};
use super::evtx::{self, Evtx};
use super::lines::Lines;
use super::table::Table;
use super::{Framing, is_object};
use crate::limits::{HEAD_DOCUMENTS, HEAD_LINES};
use crate::reader::ReadError;
use crate::readers::{self, Layout, Source};

/// What an input is.
pub(crate) struct Told {
    pub(crate) framing: Framing,
    /// `None` for documents of ECS.
    pub(crate) source: Option<&'static Source>,
}

/// What an input is that begins with `head`.
pub(crate) fn tell(head: &[u8]) -> Result<Told, ReadError> {
    if head.starts_with(evtx::MAGIC) {
        let source = readers::ALL.iter().find(|source| matches!(source.layout, Layout::Evtx));
        return Ok(Told { framing: Framing::Evtx(Evtx::default()), source: source.copied() });
    }
    let framing = match head.trim_ascii_start().first() {
        None => Framing::Lines(Lines::default()),
        Some(b'[') => Framing::Documents(Documents::default()),
        Some(b'{') => of_objects(head),
        Some(_) => {
            let text = String::from_utf8_lossy(&head[..head.len().min(TEXT_HEAD_BYTES)]);
            match readers::of_text(&text) {
                Some(source) => return Ok(tell_as(head, source)),
                None if lines(head).take(HEAD_LINES).any(is_object) => {
                    Framing::Lines(Lines::default())
                }
                None => return Err(ReadError::Unrecognised(looks_like(head))),
            }
        }
    };
    let source = readers::of_documents(&documents(head, &framing));
    Ok(Told { framing, source })
}

/// How much of a text is looked at for its first lines.
const TEXT_HEAD_BYTES: usize = 64 << 10;

/// How an input begins that is known to be of a source.
pub(crate) fn tell_as(head: &[u8], source: &'static Source) -> Told {
    let framing = match source.layout {
        Layout::Evtx => Framing::Evtx(Evtx::default()),
        Layout::Table { is_header, .. } => Framing::Table(Table::new(is_header)),
        Layout::Lines(_) if elements::first(head).is_some() => {
            Framing::Elements(Elements::default())
        }
        Layout::Lines(_) | Layout::Joined(_) => Framing::Lines(Lines::default()),
        Layout::Json(_) => match head.trim_ascii_start().first() {
            Some(b'[') => Framing::Documents(Documents::default()),
            Some(b'{') => of_objects(head),
            _ => Framing::Lines(Lines::default()),
        },
    };
    Told { framing, source: Some(source) }
}

/// The first documents of an input.
fn documents(head: &[u8], framing: &Framing) -> Vec<serde_json::Value> {
    let read = |document: &[u8]| serde_json::from_slice(document).ok();
    if let Framing::Documents(_) = framing {
        let (mut scanner, mut start, mut found) = (Scanner::default(), 0, Vec::new());
        while let Some(mark) = scanner.next(head) {
            match mark {
                Mark::Begins(at) | Mark::BeginsInAnswer(at) => start = at,
                Mark::Ends(end) => found.extend(read(&head[start..end])),
                _ => {}
            }
            if HEAD_DOCUMENTS <= found.len() {
                break;
            }
        }
        return found;
    }
    let lines = lines(head).filter(|line| !bulk::is_action(line)).take(HEAD_LINES);
    lines.filter_map(read).filter(serde_json::Value::is_object).take(HEAD_DOCUMENTS).collect()
}

/// The framing of an input whose first character opens an object.
fn of_objects(head: &[u8]) -> Framing {
    let first = lines(head).find(|line| !line.trim_ascii().is_empty());
    if first.is_some_and(bulk::is_action) {
        Framing::Bulk(Bulk::default())
    } else if first.is_some_and(|line| line.trim_ascii() == b"{") || is_answer_or_spans_lines(head)
    {
        Framing::Documents(Documents::default())
    } else if lines(head).take(HEAD_LINES).any(is_object) || !is_pretty(head) {
        Framing::Lines(Lines::default())
    } else {
        Framing::Documents(Documents::default())
    }
}

/// Whether the first document wraps records, or is a good one of several lines.
fn is_answer_or_spans_lines(head: &[u8]) -> bool {
    let mut scanner = Scanner::default();
    let mut start = 0;
    while let Some(mark) = scanner.next(head) {
        match mark {
            Mark::Begins(at) => start = at,
            Mark::BeginsInAnswer(_) | Mark::Answers | Mark::AnswerEnds => return true,
            Mark::Ends(end) => {
                let document = &head[start..end];
                return document.contains(&b'\n') && is_object(document);
            }
            Mark::ArrayBegins(_) | Mark::ArrayEnds | Mark::Stray(_) => {}
        }
    }
    false
}

/// Whether a head without a whole object looks like the beginning of one that is spread over lines, rather than like
/// lines that are all damaged.
fn is_pretty(head: &[u8]) -> bool {
    let starts = lines(head).filter(|line| line.starts_with(b"{") && 1 < line.trim_ascii().len());
    starts.take(2).count() < 2 && head.contains(&b'\n')
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|&byte| byte == b'\n')
}

/// What an input is that is not read, with a way out where there is one.
fn looks_like(head: &[u8]) -> &'static str {
    match head {
        [b'P', b'K', 3 | 5 | 7, ..] => {
            "a zip archive inside a stream or another archive, which has to be unpacked first"
        }
        [0x1F, 0x8B, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => {
            "compressed data inside compressed data, which has to be unpacked first"
        }
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => "xz data, which has to be unpacked first",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "bzip2 data, which has to be unpacked first",
        [b'7', b'z', 0xBC, 0xAF, ..] => "a 7-Zip archive, which has to be unpacked first",
        [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0x0A, 0x0D, 0x0D, 0x0A, ..] => "a packet capture",
        [b'P', b'A', b'R', b'1', ..] => {
            "a Parquet file inside a stream or an archive, which has to be unpacked first, or one that no import wrote, whose \
             rows ES|QL reads (`query` with FROM)"
        }
        [b'<', ..] => "XML",
        _ if is_text(head) => "plain text",
        _ => "binary data",
    }
}

/// Whether a head is UTF-8 without control characters that no text has. Its last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid && !head.contains(&0)
}
