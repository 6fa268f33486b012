//! JSON objects anywhere: one after the other, in arrays, pretty-printed, and in the answers of Elasticsearch.
//!
//! An answer is one object that wraps many records, perhaps gigabytes of them. It is no event; the records in it are.
//! That is told while scanning, from the keys that lead to an array of objects, so that nothing but the record at hand
//! is held. The scanner follows braces and texts only. It accepts much that is no JSON, because whoever reads a record
//! checks it; a malformed record must not take its neighbours with it.

use brokerwatch_ecs::Origin;

use super::{Block, End, Found, Framed, LineCount};
use crate::reader::{Defect, Record};

/// Records are objects.
#[derive(Default)]
pub(crate) struct Documents {
    scanner: Scanner,
    /// The record that began and did not end.
    open: Option<Open>,
    /// The outermost array that began and did not end.
    array: Option<Origin>,
    /// The answer whose records are being read.
    answer: Option<Origin>,
    lines: LineCount,
}

enum Open {
    /// Begins at this byte of the block.
    Held(usize, Origin),
    /// Is past the bound, and no byte of it is held.
    Skipped(Origin),
}

impl Documents {
    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let before = found.records.len();
        while let Some(mark) = self.scanner.next(block.bytes) {
            self.note(mark, block, found);
        }
        if block.end == End::Whole {
            self.finish(block, found);
        }
        if let Some(Open::Held(start, origin)) = self.open
            && block.record_bytes_max < block.bytes.len() - start
        {
            self.open = Some(Open::Skipped(origin));
        }
        let done = match self.open {
            Some(Open::Held(start, _)) => start,
            Some(Open::Skipped(_)) | None => block.bytes.len(),
        };
        self.forget(done, block);
        if before < found.records.len() { Framed::Give(done) } else { Framed::Drop(done) }
    }

    fn note(&mut self, mark: Mark, block: Block<'_>, found: &mut Found<'_>) {
        match mark {
            Mark::Begins(at) => self.open = Some(Open::Held(at, self.lines.place(at, block))),
            Mark::BeginsInAnswer(at) => {
                self.is_answer();
                self.open = Some(Open::Held(at, self.lines.place(at, block)));
            }
            Mark::Answers => self.is_answer(),
            Mark::Ends(end) => self.end(end, block, found),
            Mark::AnswerEnds => self.answer = None,
            Mark::ArrayBegins(at) => self.array = Some(self.lines.place(at, block)),
            Mark::ArrayEnds => self.array = None,
            Mark::Stray(at) => found.defects.push(Defect {
                origin: self.lines.place(at, block),
                why: format!("`{}` between documents", shown(block.bytes[at])),
            }),
        }
    }

    /// What began as a record turns out to wrap records.
    fn is_answer(&mut self) {
        if let Some(Open::Held(_, origin) | Open::Skipped(origin)) = self.open.take() {
            self.answer.get_or_insert(origin);
        }
    }

    fn end(&mut self, end: usize, block: Block<'_>, found: &mut Found<'_>) {
        match self.open.take() {
            Some(Open::Held(start, origin)) if end - start <= block.record_bytes_max => {
                found.records.push(Record { start, end, origin, header: None });
            }
            Some(Open::Held(_, origin) | Open::Skipped(origin)) => {
                found.defects.push(block.too_long(origin));
            }
            None => {}
        }
    }

    /// At the end of an input. A record without an end is handed out, and who reads it says what is wrong; an answer or
    /// array without an end is told here, because the records in it are whole.
    fn finish(&mut self, block: Block<'_>, found: &mut Found<'_>) {
        let wrapped = [(self.answer, "an answer"), (self.array, "an array")];
        if self.open.is_some() {
            self.end(block.bytes.len(), block, found);
        } else if let Some((Some(origin), what)) = wrapped.into_iter().find(|(at, _)| at.is_some())
        {
            let why = format!("{what} whose end is missing; what follows in it was cut off");
            found.defects.push(Defect { origin, why });
        }
        (self.answer, self.array) = (None, None);
    }

    /// Takes all places back by what is done with.
    fn forget(&mut self, done: usize, block: Block<'_>) {
        self.lines.forget(done, block);
        self.scanner.at -= done;
        if let Some(Open::Held(start, _)) = &mut self.open {
            *start -= done;
        }
    }
}

fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { char::from(byte).into() } else { byte.escape_ascii().to_string() }
}

/// Finds where documents begin and end, going on in the next block wherever the last one ended.
#[derive(Default)]
pub(super) struct Scanner {
    /// The first byte that was not looked at.
    at: usize,
    in_text: bool,
    escaped: bool,
    /// Open braces inside something that is not followed by its keys.
    braces: usize,
    /// Whether that something is a record in an answer.
    is_record: bool,
    /// The containers from the document down to where the scanner stands, as far as they may lead to records.
    path: Vec<Node>,
    key: Key,
    /// Whether the document wraps records.
    is_answer: bool,
    /// Whether the array of records or sequences at hand has shown nothing yet.
    is_empty: bool,
    /// Open brackets between documents.
    brackets: usize,
    /// Inside text that is no document; one defect, however long it is.
    is_stray: bool,
}

/// Something that the scanner came by, at a byte of the block.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Begins(usize),
    BeginsInAnswer(usize),
    /// The byte after the last.
    Ends(usize),
    /// The document wraps records.
    Answers,
    AnswerEnds,
    /// The outermost array between documents.
    ArrayBegins(usize),
    ArrayEnds,
    Stray(usize),
}

/// A container on a way from a document to wrapped records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    /// The document itself.
    Document,
    /// An answer within the document: what Kibana's inspector wraps, or one of several searches.
    Answer,
    /// The array of the answers of a multi search.
    Responses,
    Hits,
    /// The array of the sequences of an EQL search.
    Sequences,
    Sequence,
    /// The array that holds the records.
    Records,
}

impl Node {
    /// Where a key leads that is followed by an opening brace.
    fn object(self, key: &[u8]) -> Option<Node> {
        match (self, key) {
            (Node::Document | Node::Answer, b"hits") => Some(Node::Hits),
            (Node::Document, b"rawResponse") => Some(Node::Answer),
            (Node::Responses, _) => Some(Node::Answer),
            (Node::Sequences, _) => Some(Node::Sequence),
            _ => None,
        }
    }

    /// Where a key leads that is followed by an opening bracket.
    fn array(self, key: &[u8]) -> Option<Node> {
        match (self, key) {
            (Node::Document, b"responses") => Some(Node::Responses),
            (Node::Hits, b"hits" | b"events") | (Node::Sequence, b"events") => Some(Node::Records),
            (Node::Hits, b"sequences") => Some(Node::Sequences),
            _ => None,
        }
    }

    fn is_array(self) -> bool {
        matches!(self, Node::Responses | Node::Sequences | Node::Records)
    }
}

impl Scanner {
    /// The next mark; `None` at the end of the bytes.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Option<Mark> {
        while self.at < bytes.len() {
            let mark = if self.in_text {
                self.text(bytes);
                None
            } else if 0 < self.braces {
                self.inside(bytes)
            } else if let Some(&node) = self.path.last() {
                self.step(node, bytes)
            } else {
                self.between(bytes[self.at])
            };
            if mark.is_some() {
                return mark;
            }
        }
        None
    }

    /// To the end of a text.
    fn text(&mut self, bytes: &[u8]) {
        if self.escaped {
            self.escaped = false;
            self.at += 1;
            return;
        }
        let rest = &bytes[self.at..];
        let length = find(
            rest,
            |byte| matches!(byte, b'"' | b'\\'),
            |far| memchr::memchr2(b'"', b'\\', far),
        );
        if self.braces == 0 {
            self.key.extend(&rest[..length.unwrap_or(rest.len())]);
        }
        match length {
            None => self.at = bytes.len(),
            Some(length) => {
                self.at += length + 1;
                self.escaped = rest[length] == b'\\';
                self.in_text = self.escaped;
                if self.escaped {
                    self.key.spoil();
                }
            }
        }
    }

    /// To the next text or the end of something whose keys do not matter.
    fn inside(&mut self, bytes: &[u8]) -> Option<Mark> {
        let rest = &bytes[self.at..];
        let is_wanted = |byte| matches!(byte, b'"' | b'{' | b'}');
        let Some(at) = find(rest, is_wanted, |far| memchr::memchr3(b'"', b'{', b'}', far)) else {
            self.at = bytes.len();
            return None;
        };
        self.at += at + 1;
        match rest[at] {
            b'"' => self.in_text = true,
            b'{' => self.braces += 1,
            _ => self.braces -= 1,
        }
        let is_end = self.braces == 0 && std::mem::take(&mut self.is_record);
        is_end.then_some(Mark::Ends(self.at))
    }

    /// One byte of a container that may lead to records.
    fn step(&mut self, node: Node, bytes: &[u8]) -> Option<Mark> {
        let byte = bytes[self.at];
        self.at += 1;
        if byte.is_ascii_whitespace() {
            return None;
        }
        let was_empty = std::mem::replace(&mut self.is_empty, false);
        if was_empty && !matches!(byte, b'{' | b']') {
            // Something else that has the name of an array of records.
            self.path.pop();
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.key = Key::default();
            }
            b':' => self.key.followed_by_value(),
            b'{' if node == Node::Records => {
                (self.braces, self.is_record, self.is_answer) = (1, true, true);
                return Some(Mark::BeginsInAnswer(self.at - 1));
            }
            b'{' => match node.object(self.key.take()) {
                Some(child) => self.path.push(child),
                None => self.braces = 1,
            },
            b'[' => {
                if let Some(child) = node.array(self.key.take()) {
                    self.path.push(child);
                    self.is_empty = matches!(child, Node::Records | Node::Sequences);
                }
            }
            b']' if node.is_array() => {
                self.path.pop();
                if was_empty {
                    self.is_answer = true;
                    return Some(Mark::Answers);
                }
            }
            b'}' => return self.close(),
            _ => self.key = Key::default(),
        }
        None
    }

    /// A closing brace ends the innermost object, also if an array in it was left open.
    fn close(&mut self) -> Option<Mark> {
        self.key = Key::default();
        while self.path.pop().is_some_and(Node::is_array) {}
        if !self.path.is_empty() {
            return None;
        }
        let was_answer = std::mem::take(&mut self.is_answer);
        Some(if was_answer { Mark::AnswerEnds } else { Mark::Ends(self.at) })
    }

    /// One byte between documents.
    fn between(&mut self, byte: u8) -> Option<Mark> {
        let at = self.at;
        self.at += 1;
        match byte {
            b'{' => {
                self.path.push(Node::Document);
                (self.key, self.is_stray) = (Key::default(), false);
                return Some(Mark::Begins(at));
            }
            b'[' => {
                self.brackets += 1;
                return (self.brackets == 1).then_some(Mark::ArrayBegins(at));
            }
            b']' => {
                self.brackets = self.brackets.saturating_sub(1);
                return (self.brackets == 0).then_some(Mark::ArrayEnds);
            }
            b',' => {}
            _ if byte.is_ascii_whitespace() => {}
            _ if !self.is_stray => {
                self.is_stray = true;
                return Some(Mark::Stray(at));
            }
            _ => {}
        }
        None
    }
}

/// The first byte that is wanted. Most are near, where a plain loop is faster than the call of a search that is fast
/// over long distances.
#[inline]
fn find(
    bytes: &[u8],
    is_wanted: impl Fn(u8) -> bool,
    search: impl FnOnce(&[u8]) -> Option<usize>,
) -> Option<usize> {
    let near = bytes.len().min(NEAR_BYTES);
    let found = bytes[..near].iter().position(|&byte| is_wanted(byte));
    found.or_else(|| search(&bytes[near..]).map(|at| near + at))
}

/// How far a plain loop looks.
const NEAR_BYTES: usize = 16;

/// The text that was read last, as far as it may be a key that leads to records.
#[derive(Default)]
struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    /// How many there are; more than fit if it is none of the keys of interest.
    length: usize,
    is_followed_by_value: bool,
}

/// The longest key of [`Node`].
const KEY_BYTES_MAX: usize = "rawResponse".len();

impl Key {
    fn extend(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(free) = self.bytes.get_mut(self.length..end) {
            free.copy_from_slice(bytes);
        }
        self.length = end;
    }

    /// The text has an escape; no key of interest needs one.
    fn spoil(&mut self) {
        self.length = usize::MAX;
    }

    fn followed_by_value(&mut self) {
        self.is_followed_by_value = 0 < self.length;
    }

    /// The key whose value begins here; nothing if none does.
    fn take(&mut self) -> &[u8] {
        let known = std::mem::take(&mut self.is_followed_by_value);
        let key = self.bytes.get(..self.length).filter(|_| known);
        self.length = 0;
        key.unwrap_or_default()
    }
}
