//! Events as elements of XML, wherever they lie: one a line, spread over lines, or all on one line inside of `<Events>`.
//!
//! A record is the text from `<Event` to `</Event>`. Text and data of an event are escaped, so the two stand nowhere else;
//! an event that begins inside another shows that the other was cut. Elements around the events, declarations and
//! comments are passed over, and any other text between events is a defect.

use std::sync::LazyLock;

use brokerwatch_ecs::Origin;
use memchr::memmem::Finder;

use super::{Block, End, Found, Framed, LineCount};
use crate::reader::{Defect, Record};

const BEGIN: &[u8] = b"<Event";
const FINISH: &[u8] = b"</Event>";

static FIND_BEGIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGIN));
static FIND_FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(FINISH));

/// Records are elements.
#[derive(Default)]
pub(crate) struct Elements {
    /// Inside an event past the bound, of which no byte is held.
    skipping: bool,
    /// Where the markup between events began that did not end yet.
    markup: Option<Origin>,
    /// Inside text that is no event; one defect, however long it is.
    is_stray: bool,
    lines: LineCount,
}

/// Where the first event of a text begins, if nothing but markup and blanks stands before it.
pub(crate) fn first(text: &[u8]) -> Option<usize> {
    let start = find_begin(text, 0, End::Whole)?;
    let mut before = text[..start].trim_ascii();
    while !before.is_empty() {
        // A priority of syslog, `<14>`, is no markup.
        let [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'?' | b'!' | b'/', ..] = before else {
            return None;
        };
        let end = memchr::memchr(b'>', before)?;
        before = before[end + 1..].trim_ascii();
    }
    Some(start)
}

impl Elements {
    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let before = found.records.len();
        let mut done = 0;
        while let Some(next) = self.step(done, block, found) {
            done = next;
        }
        self.lines.forget(done, block);
        if before < found.records.len() { Framed::Give(done) } else { Framed::Drop(done) }
    }

    /// Goes on from a byte of the block to the byte up to which all is told; `None` if that takes more bytes.
    fn step(&mut self, at: usize, block: Block<'_>, found: &mut Found<'_>) -> Option<usize> {
        let Block { bytes, end, .. } = block;
        if at == bytes.len() {
            if end == End::Whole {
                self.unclosed(found);
            }
            return None;
        }
        if self.skipping {
            return self.skip(at, block);
        }
        let Some(start) = find_begin(bytes, at, end) else {
            let known = at + known(&bytes[at..], end);
            self.between(at, known, block, found);
            return (at < known).then_some(known);
        };
        if at < start {
            self.between(at, start, block, found);
            return Some(start);
        }
        self.unclosed(found);
        self.event(start, block, found)
    }

    /// An event that begins at a byte of the block.
    fn event(&mut self, start: usize, block: Block<'_>, found: &mut Found<'_>) -> Option<usize> {
        let Block { bytes, end, record_bytes_max, .. } = block;
        // What was looked at before is not looked at again, but for a mark that it may have cut.
        let fresh = block.fresh.saturating_sub(FINISH.len()).max(start + BEGIN.len());
        let finish = bytes.get(fresh..).and_then(|rest| FIND_FINISH.find(rest));
        let finish = finish.map(|at| fresh + at + FINISH.len());
        let within = finish.unwrap_or(bytes.len());
        let next = find_begin(&bytes[..within], fresh.min(within), end);
        let known = start + known(&bytes[start..], end);
        let length = match (next.or(finish), end) {
            (Some(stop), _) => stop - start,
            (None, _) if record_bytes_max < known - start => {
                found.defects.push(block.too_long(self.lines.place(start, block)));
                self.skipping = true;
                return Some(start + BEGIN.len());
            }
            (None, End::NotYet) => return None,
            // Who reads it says that it is cut.
            (None, End::Whole) => bytes.len() - start,
            // The error tells of it.
            (None, End::Cut) => return Some(bytes.len()),
        };
        let origin = self.lines.place(start, block);
        if record_bytes_max < length {
            found.defects.push(block.too_long(origin));
        } else {
            found.records.push(Record { start, end: start + length, origin, header: None });
        }
        Some(start + length)
    }

    /// To the end of an event past the bound.
    fn skip(&mut self, at: usize, block: Block<'_>) -> Option<usize> {
        let Block { bytes, end, .. } = block;
        let finish = FIND_FINISH.find(&bytes[at..]).map(|found| at + found + FINISH.len());
        let next = find_begin(&bytes[..finish.unwrap_or(bytes.len())], at, end);
        if let Some(stop) = next.or(finish) {
            self.skipping = false;
            return Some(stop);
        }
        let known = at + known(&bytes[at..], end);
        (at < known).then_some(known)
    }

    /// What stands between events.
    fn between(&mut self, mut at: usize, to: usize, block: Block<'_>, found: &mut Found<'_>) {
        let bytes = &block.bytes[..to];
        while at < to {
            let rest = &bytes[at..];
            if self.markup.is_some() {
                let end = memchr::memchr(b'>', rest);
                at += end.map_or(rest.len(), |end| end + 1);
                if end.is_some() {
                    self.markup = None;
                }
            } else if rest[0] == b'<' {
                self.markup = Some(self.lines.place(at, block));
                at += 1;
            } else if rest[0].is_ascii_whitespace() {
                at += 1;
            } else {
                let origin = self.lines.place(at, block);
                self.stray(origin, found);
                at += memchr::memchr(b'<', rest).unwrap_or(rest.len());
            }
        }
    }

    fn stray(&mut self, origin: Origin, found: &mut Found<'_>) {
        if !std::mem::replace(&mut self.is_stray, true) {
            found.defects.push(Defect { origin, why: "text between events".to_owned() });
        }
    }

    /// Markup that ends nowhere, before an event or at the end.
    fn unclosed(&mut self, found: &mut Found<'_>) {
        if let Some(origin) = self.markup.take() {
            self.stray(origin, found);
        }
        self.is_stray = false;
    }
}

/// Where the next event begins. One whose name the bytes end with is told when there are more.
fn find_begin(bytes: &[u8], mut from: usize, end: End) -> Option<usize> {
    loop {
        let start = from + FIND_BEGIN.find(bytes.get(from..)?)?;
        from = start + BEGIN.len();
        match bytes.get(from) {
            None if end == End::NotYet => return None,
            // Not `<Events>`, `<EventID>` or `<EventData>`.
            None | Some(b'>') => return Some(start),
            Some(byte) if byte.is_ascii_whitespace() => return Some(start),
            Some(_) => {}
        }
    }
}

/// How many of the bytes it is known of what they are: all but the mark whose beginning they may end with.
fn known(bytes: &[u8], end: End) -> usize {
    let near = bytes.len().saturating_sub(FINISH.len());
    let last = memchr::memrchr(b'<', &bytes[near..]).map(|at| near + at);
    let is_begun =
        |at: &usize| BEGIN.starts_with(&bytes[*at..]) || FINISH.starts_with(&bytes[*at..]);
    last.filter(|at| end == End::NotYet && is_begun(at)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::*;

    use super::*;
    use crate::readers;
    use crate::{Bounds, Chunk, Opening, Reader, Records};

    /// What is found in a text, in order: offset, line, and the record or `!` with the defect.
    fn read(text: &str, block_bytes: usize, record_bytes_max: usize) -> Vec<(u64, u64, String)> {
        let opening = Opening {
            bounds: Bounds { block_bytes, record_bytes_max },
            source: readers::source("windows-xml"),
            depth: 0,
        };
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(text.as_bytes().to_vec()));
        let mut reader = Reader::open_as(input, opening).unwrap();
        let (mut chunk, mut found) = (Chunk::default(), Vec::new());
        while reader.next_chunk(&mut chunk).unwrap() {
            for Defect { origin, why } in &chunk.defects {
                found.push((origin.offset_bytes, origin.line, format!("! {why}")));
            }
            let Records::Spans(records) = &chunk.records else { panic!("records are listed") };
            for record in records {
                let shown = String::from_utf8_lossy(&chunk.bytes[record.start..record.end]);
                let Origin { offset_bytes, line } = record.origin;
                found.push((offset_bytes, line, shown.into_owned()));
            }
        }
        found.sort();
        found
    }

    #[track_caller]
    fn check(text: &str, expected: &[(u64, u64, &str)]) {
        for block_bytes in [1, 7, 1 << 10] {
            let found = read(text, block_bytes, 60);
            let found: Vec<_> = found.iter().map(|(at, line, it)| (*at, *line, &**it)).collect();
            assert_eq!(found, expected, "{text} in blocks of {block_bytes}");
        }
    }

    const STRAY: &str = "! text between events";

    #[test]
    fn events_are_found_wherever_they_lie() {
        check(
            "<Event><EventID/></Event><Event\n></Event>",
            &[(0, 1, "<Event><EventID/></Event>"), (25, 1, "<Event\n></Event>")],
        );
        check(
            "\n<?xml version='1.0'?>\r\n<Events>\r\n<Event>\n<a/>\n</Event>\n\n<Event></Event></Events>\n",
            &[(34, 4, "<Event>\n<a/>\n</Event>"), (57, 8, "<Event></Event>")],
        );
    }

    #[test]
    fn what_is_no_event_is_told_once() {
        check(
            "<Event></Event> a b\nc <x> d\n<Event></Event>e",
            &[
                (0, 1, "<Event></Event>"),
                (16, 1, STRAY),
                (28, 3, "<Event></Event>"),
                (43, 3, STRAY),
            ],
        );
        check(
            "<Event></Event>\n<a <Event></Event>\n<b",
            &[
                (0, 1, "<Event></Event>"),
                (16, 2, STRAY),
                (19, 2, "<Event></Event>"),
                (35, 3, STRAY),
            ],
        );
    }

    #[test]
    fn an_event_without_its_end_costs_no_other() {
        check(
            "<Event>a\n<Event>b</Event>\n<Event>c",
            &[(0, 1, "<Event>a\n"), (9, 2, "<Event>b</Event>"), (26, 3, "<Event>c")],
        );
    }

    #[test]
    fn an_event_past_the_bound_is_skipped() {
        let long = format!("<Event>{}", "<EventData/>\n".repeat(9));
        let too_long = "! a record of more than 60 bytes";
        let next = long.len() as u64;
        check(
            &format!("{long}</Event><Event></Event>"),
            &[(0, 1, too_long), (next + 8, 10, "<Event></Event>")],
        );
        check(
            &format!("{long}<Event></Event>"),
            &[(0, 1, too_long), (next, 10, "<Event></Event>")],
        );
        check(&long, &[(0, 1, too_long)]);
    }

    #[test]
    fn the_first_event_stands_behind_markup_alone() {
        for (text, expected) in [
            ("<Event/><Event>", Some(8)),
            ("<?xml?>\n<!-- a -->\n<Events >\n<Event ", Some(29)),
            ("<14>1 2024-03-05T07:09:11Z h sysmon - - - <Event>", None),
            ("Mar  5 07:09:11 h sysmon: <Event>", None),
            ("<Events></Events>", None),
        ] {
            assert_eq!(first(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        /// Where blocks end changes nothing.
        #[test]
        fn blocks_change_nothing(
            text in "(<Event>|</Event>|<Events>|<EventID>|<Event |<|>|/|<Eve|x|\n| ){0,24}",
            block_bytes in 1..40_usize,
            record_bytes_max in 8..60_usize,
        ) {
            let text = format!("<Event></Event>{text}");
            prop_assert_eq!(
                read(&text, block_bytes, record_bytes_max),
                read(&text, 1 << 10, record_bytes_max)
            );
        }
    }
}
