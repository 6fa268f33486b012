//! The projecting JSON parser: fills the wanted fields of an event and checks the rest without keeping it.
//!
//! Written by hand because a parser that builds a tree, or visits every value, costs several times as much; an
//! event is read once and most of it is not wanted.

use brokerwatch_ecs::{Event, Field, Projection, Slot, Type, Value, date, number};
use bumpalo::Bump;
use thiserror::Error;

use crate::limits::JSON_DEPTH_MAX;

/// Where in documents the wanted fields lie: a tree over the segments of their paths.
#[derive(Debug)]
pub struct Plan {
    nodes: Vec<Node>,
    fields: Vec<Field>,
}

#[derive(Debug, Default)]
struct Node {
    children: Vec<(Box<[u8]>, usize)>,
    slots: Vec<Slot>,
}

const ROOT: usize = 0;

impl Plan {
    /// The plan that fills a projection.
    pub fn new(projection: &Projection) -> Plan {
        let mut plan = Plan { nodes: vec![Node::default()], fields: Vec::new() };
        for (slot, field) in projection.fields() {
            plan.fields.push(field.clone());
            let mut node = ROOT;
            for segment in field.path.split('.') {
                node = plan.child_or_new(node, segment.as_bytes());
            }
            plan.nodes[node].slots.push(slot);
        }
        plan
    }

    fn child_or_new(&mut self, node: usize, segment: &[u8]) -> usize {
        if let Some(child) = self.child(node, segment) {
            return child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].children.push((segment.into(), child));
        child
    }

    fn child(&self, node: usize, segment: &[u8]) -> Option<usize> {
        let children = &self.nodes[node].children;
        children.iter().find(|(name, _)| **name == *segment).map(|(_, child)| *child)
    }

    /// The node that a key leads to; a key with dots walks several segments.
    fn descend(&self, node: usize, key: &[u8]) -> Option<usize> {
        if let Some(child) = self.child(node, key) {
            return Some(child);
        }
        let dot = memchr::memchr(b'.', key)?;
        self.descend(self.child(node, &key[..dot])?, &key[dot + 1..])
    }
}

/// What was odd about a record that was read all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Values that are not of their field's type, and were left out.
    pub ill_typed: u32,
    /// Keys that stand twice in one object; both values were read.
    pub duplicate_keys: u32,
}

/// Why a record is no JSON document, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{why} at byte {at}")]
pub struct Malformed {
    /// The byte in the record.
    pub at: usize,
    /// What is wrong there.
    pub why: Why,
}

/// What can be wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Why {
    /// The record ends in the middle.
    #[error("the document ends in the middle")]
    Truncated,
    /// A byte that cannot stand there.
    #[error("unexpected character")]
    Unexpected,
    /// A number that is none.
    #[error("malformed number")]
    Number,
    /// An escape that is none.
    #[error("malformed escape")]
    Escape,
    /// A raw control character in a text.
    #[error("control character in a text")]
    Control,
    /// Text that is not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// Nesting past the bound.
    #[error("nested more than {JSON_DEPTH_MAX} deep")]
    Depth,
    /// The document is no object.
    #[error("the document is not an object")]
    NotAnObject,
    /// Something follows the document.
    #[error("text after the document")]
    Trailing,
}

/// Reads one document into `event`, which the caller has reset.
pub fn read_record<'c>(
    record: &'c [u8],
    plan: &Plan,
    arena: &'c Bump,
    event: &mut Event<'c>,
) -> Result<Warnings, Malformed> {
    let Ok(text) = simdutf8::basic::from_utf8(record) else {
        let at = std::str::from_utf8(record).map_or_else(|error| error.valid_up_to(), str::len);
        return Err(Malformed { at, why: Why::Utf8 });
    };
    let mut parser =
        Parser { text, at: 0, depth: 0, plan, arena, event, warnings: Warnings::default() };
    parser.document()?;
    Ok(parser.warnings)
}

struct Parser<'c, 'p> {
    text: &'c str,
    at: usize,
    depth: usize,
    plan: &'p Plan,
    arena: &'c Bump,
    event: &'p mut Event<'c>,
    warnings: Warnings,
}

impl<'c> Parser<'c, '_> {
    fn document(&mut self) -> Result<(), Malformed> {
        self.blanks();
        match self.peek() {
            Some(b'{') => {}
            Some(_) => return self.fail(Why::NotAnObject),
            None => return self.fail(Why::Truncated),
        }
        let mut hit = Hit::default();
        self.members(&mut |parser, key| parser.top_member(key, &mut hit))?;
        self.blanks();
        if self.at < self.text.len() {
            return self.fail(Why::Trailing);
        }
        // A hit that was exported without its source holds the values under `fields`.
        if let (false, true, Some(fields)) = (hit.source, self.event.index.is_some(), hit.fields) {
            self.at = fields;
            self.value(Some(ROOT))?;
        }
        Ok(())
    }

    fn top_member(&mut self, key: &str, hit: &mut Hit) -> Result<Option<usize>, Malformed> {
        match key {
            "_source" if self.peek() == Some(b'{') => {
                hit.source = true;
                self.value(Some(ROOT))?;
                return Ok(None);
            }
            "_id" if self.peek() == Some(b'"') => {
                self.event.id = Some(self.string()?);
                return Ok(None);
            }
            "_index" if self.peek() == Some(b'"') => {
                self.event.index = Some(self.string()?);
                return Ok(None);
            }
            "fields" => hit.fields = Some(self.at),
            _ => {}
        }
        let node = self.plan.descend(ROOT, key.as_bytes());
        self.value(node)?;
        Ok(node)
    }

    /// The members of an object; `member` reads each value and says which wanted node it filled.
    fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Self, &str) -> Result<Option<usize>, Malformed>,
    ) -> Result<(), Malformed> {
        self.enter()?;
        self.blanks();
        if self.take(b'}') {
            self.depth -= 1;
            return Ok(());
        }
        let mut seen: Vec<(usize, usize)> = Vec::new();
        loop {
            if self.peek() != Some(b'"') {
                return self.unexpected();
            }
            let key = self.string()?;
            self.blanks();
            self.expect(b':')?;
            self.blanks();
            if let Some(node) = member(self, key)? {
                // The same node by the same spelling: `a.b` beside `a: {b}` is no duplicate.
                if seen.contains(&(node, key.len())) {
                    self.warnings.duplicate_keys += 1;
                }
                seen.push((node, key.len()));
            }
            self.blanks();
            if self.take(b'}') {
                self.depth -= 1;
                return Ok(());
            }
            self.expect(b',')?;
            self.blanks();
        }
    }

    fn value(&mut self, node: Option<usize>) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'{') => self.members(&mut |parser, key| {
                let child = node.and_then(|node| parser.plan.descend(node, key.as_bytes()));
                parser.value(child)?;
                Ok(child)
            }),
            Some(b'[') => self.array(node),
            Some(b'"') => match node.filter(|&node| !self.plan.nodes[node].slots.is_empty()) {
                Some(node) => {
                    let text = self.string()?;
                    self.fill(node, |field| from_text(text, field));
                    Ok(())
                }
                None => self.skip_string(),
            },
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number()?;
                if let Some(node) = node {
                    self.fill(node, |field| from_number(number, field));
                }
                Ok(())
            }
            Some(b't') => self.word("true", node, |field| from_flag(true, field)),
            Some(b'f') => self.word("false", node, |field| from_flag(false, field)),
            Some(b'n') => {
                self.literal("null")?;
                if let Some(node) = node {
                    self.fill_null(node);
                }
                Ok(())
            }
            _ => self.unexpected(),
        }
    }

    fn array(&mut self, node: Option<usize>) -> Result<(), Malformed> {
        self.enter()?;
        self.blanks();
        if !self.take(b']') {
            loop {
                self.value(node)?;
                self.blanks();
                if self.take(b']') {
                    break;
                }
                self.expect(b',')?;
                self.blanks();
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn word(
        &mut self,
        word: &str,
        node: Option<usize>,
        read: impl Fn(&Field) -> Option<Value<'c>>,
    ) -> Result<(), Malformed> {
        self.literal(word)?;
        if let Some(node) = node {
            self.fill(node, read);
        }
        Ok(())
    }

    fn fill(&mut self, node: usize, read: impl Fn(&Field) -> Option<Value<'c>>) {
        let plan = self.plan;
        for &slot in &plan.nodes[node].slots {
            let field = &plan.fields[usize::from(slot.0)];
            match read(field) {
                Some(Value::Keyword(text))
                    if field.ignore_above.is_some_and(|most| most < text.chars().count()) => {}
                Some(value) => self.event.push(slot, value),
                None => self.warnings.ill_typed += 1,
            }
        }
    }

    fn fill_null(&mut self, node: usize) {
        let plan = self.plan;
        for &slot in &plan.nodes[node].slots {
            let field = &plan.fields[usize::from(slot.0)];
            if let Some(text) = &field.null_value {
                let text: &'c str = self.arena.alloc_str(text);
                if let Some(value) = from_text(text, field) {
                    self.event.push(slot, value);
                }
            }
        }
    }

    /// A number in JSON's grammar (RFC 8259 section 6), as written.
    fn number(&mut self) -> Result<&'c str, Malformed> {
        let start = self.at;
        self.take(b'-');
        let whole = self.digits();
        if whole == 0 || (1 < whole && self.text.as_bytes()[self.at - whole] == b'0') {
            return self.fail(Why::Number);
        }
        if self.take(b'.') && self.digits() == 0 {
            return self.fail(Why::Number);
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            if self.digits() == 0 {
                return self.fail(Why::Number);
            }
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> usize {
        let count =
            self.text.as_bytes()[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn literal(&mut self, word: &str) -> Result<(), Malformed> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        self.unexpected()
    }

    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        loop {
            self.plain_run()?;
            if self.take(b'"') {
                return Ok(());
            }
            self.escape()?;
        }
    }

    /// A text; borrowed where it has no escapes, else decoded into the arena.
    fn string(&mut self) -> Result<&'c str, Malformed> {
        self.at += 1;
        let start = self.at;
        self.plain_run()?;
        if self.take(b'"') {
            return Ok(&self.text[start..self.at - 1]);
        }
        let mut decoded = bumpalo::collections::String::new_in(self.arena);
        decoded.push_str(&self.text[start..self.at]);
        loop {
            decoded.push(self.escape()?);
            let run = self.at;
            self.plain_run()?;
            decoded.push_str(&self.text[run..self.at]);
            if self.take(b'"') {
                return Ok(decoded.into_bump_str());
            }
        }
    }

    /// Moves to the next quote or backslash.
    fn plain_run(&mut self) -> Result<(), Malformed> {
        let rest = &self.text.as_bytes()[self.at..];
        let stop = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        match stop {
            Some(count) => {
                self.at += count;
                if rest[count] < 0x20 { self.fail(Why::Control) } else { Ok(()) }
            }
            None => {
                self.at = self.text.len();
                self.fail(Why::Truncated)
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let bytes = self.text.as_bytes();
        let escaped = match bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            Some(_) => return self.fail(Why::Escape),
            None => return self.fail(Why::Truncated),
        };
        self.at += 2;
        Ok(escaped)
    }

    /// `\uXXXX`, or a pair of them; half a pair alone is U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let first = self.hex_unit(self.at)?;
        self.at += 6;
        if (0xD800..0xDC00).contains(&first) && self.text.as_bytes()[self.at..].starts_with(b"\\u")
        {
            let second = self.hex_unit(self.at)?;
            if (0xDC00..0xE000).contains(&second) {
                self.at += 6;
                let point = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex_unit(&self, at: usize) -> Result<u32, Malformed> {
        let digits = self.text.as_bytes().get(at + 2..at + 6);
        let digits = digits.ok_or(Malformed { at, why: Why::Truncated })?;
        digits.iter().try_fold(0, |sum, &digit| {
            let value = char::from(digit).to_digit(16).ok_or(Malformed { at, why: Why::Escape })?;
            Ok(sum * 16 + value)
        })
    }

    fn enter(&mut self) -> Result<(), Malformed> {
        if JSON_DEPTH_MAX <= self.depth {
            return self.fail(Why::Depth);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) { Ok(()) } else { self.unexpected() }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self) -> Result<T, Malformed> {
        self.fail(if self.peek().is_none() { Why::Truncated } else { Why::Unexpected })
    }

    fn fail<T>(&self, why: Why) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, why })
    }
}

/// What makes a document an Elasticsearch hit.
#[derive(Default)]
struct Hit {
    source: bool,
    fields: Option<usize>,
}

fn from_text<'c>(text: &'c str, field: &Field) -> Option<Value<'c>> {
    match &field.format {
        Some(format) => format.read(text).map(|moment| in_resolution(moment, field.ty)),
        None => Value::from_text(text, field.ty),
    }
}

/// A number as its field's type keeps it: text as written, a moment from epoch milliseconds, a long without fraction.
fn from_number<'c>(text: &'c str, field: &Field) -> Option<Value<'c>> {
    match field.ty {
        Type::Dynamic => match text.parse() {
            Ok(whole) => Some(Value::Long(whole)),
            Err(_) => number::double_from_text(text).map(Value::Double),
        },
        Type::Date | Type::DateNanos => match &field.format {
            Some(format) => format.read(text).map(|moment| in_resolution(moment, field.ty)),
            None => {
                let millis = number::long_from_text(text)?;
                date::from_millis(millis).map(Value::Date)
            }
        },
        Type::Boolean | Type::Ip => None,
        ty => Value::from_text(text, ty),
    }
}

fn in_resolution<'c>(moment: brokerwatch_ecs::Timestamp, ty: Type) -> Value<'c> {
    Value::Date(if ty == Type::Date { date::to_millis(moment) } else { moment })
}

fn from_flag<'c>(flag: bool, field: &Field) -> Option<Value<'c>> {
    match field.ty {
        Type::Boolean | Type::Dynamic => Some(Value::Boolean(flag)),
        Type::Keyword => Some(Value::Keyword(if flag { "true" } else { "false" })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Origin, Schema};
    use proptest::prelude::*;

    use super::*;

    /// The values of `fields` in a document, as text; or why it is malformed.
    fn read(document: &str, fields: &[&str]) -> Result<Vec<String>, Why> {
        let schema = Schema::open();
        let mut projection = Projection::new();
        let slots: Vec<Slot> = fields.iter().map(|name| projection.want(name, &schema)).collect();
        let (plan, arena) = (Plan::new(&projection), Bump::new());
        let mut event = Event::new(&projection);
        event.reset(document.as_bytes(), Origin::default());
        read_record(document.as_bytes(), &plan, &arena, &mut event).map_err(|error| error.why)?;
        let text = |slot: &Slot| {
            let values: Vec<String> = event.values(*slot).iter().map(Value::to_string).collect();
            values.join("|")
        };
        Ok(slots.iter().map(text).collect())
    }

    #[test]
    fn keys_may_be_nested_dotted_or_both() {
        for document in [
            r#"{"process":{"name":"a"},"x":{"y":[1,{"z":null}]}}"#,
            r#"{"process.name":"a"}"#,
            r#"{ "process" : { "n\u0061me" : "\u0061" } }"#,
            r#"{"_index":"i","_id":"1","_source":{"process":{"name":"a"}}}"#,
            r#"{"_index":"i","fields":{"process.name":["a"]}}"#,
        ] {
            assert_eq!(read(document, &["process.name"]), Ok(vec!["a".to_owned()]), "{document}");
        }
        let mixed = r#"{"process":[{"name":"a"},{"name":["b",null,["c"]]}],"process.name":"d"}"#;
        assert_eq!(read(mixed, &["process.name"]), Ok(vec!["a|b|c|d".to_owned()]));
    }

    #[test]
    fn values_take_the_type_of_their_field() {
        let document = r#"{"destination":{"port":"1883","ip":"::ffff:1.2.3.4"},"process.name":7,"@timestamp":1000,
            "x":1.5,"source.port":"mqtt"}"#;
        let fields = [
            "destination.port",
            "destination.ip",
            "process.name",
            "@timestamp",
            "x",
            "source.port",
        ];
        let expected = ["1883", "1.2.3.4", "7", "1970-01-01T00:00:01.000Z", "1.5", ""];
        assert_eq!(read(document, &fields), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for (document, why) in [
            ("", Why::Truncated),
            ("[1]", Why::NotAnObject),
            (r#"{"a":1"#, Why::Truncated),
            (r#"{"a":tru}"#, Why::Unexpected),
            (r#"{"a":01}"#, Why::Number),
            (r#"{"a":"\x"}"#, Why::Escape),
            ("{\"a\":\"\n\"}", Why::Control),
            (r#"{"a":1,}"#, Why::Unexpected),
            (r#"{"a":1} x"#, Why::Trailing),
        ] {
            assert_eq!(read(document, &["a"]), Err(why), "{document}");
        }
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep, &["a"]), Err(Why::Depth));
    }

    #[test]
    fn a_key_that_stands_twice_is_noticed_and_read_twice() {
        let document = br#"{"a":1,"a":2,"b":{"c":1},"b.c":2}"#;
        let schema = Schema::open();
        let mut projection = Projection::new();
        let slot = projection.want("a", &schema);
        projection.want("b.c", &schema);
        let (plan, arena) = (Plan::new(&projection), Bump::new());
        let mut event = Event::new(&projection);
        let warnings = read_record(document, &plan, &arena, &mut event).unwrap();
        assert_eq!(warnings.duplicate_keys, 1);
        assert_eq!(event.values(slot), [Value::Long(1), Value::Long(2)]);
    }

    proptest! {
        #[test]
        fn serde_json_takes_and_refuses_the_same(text in r#"[ {}\[\],:"\\a1.eE\-+tn]{0,24}"#) {
            let document = format!("{{{text}}}");
            let oracle: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(&document);
            // serde_json refuses numbers that overflow a double; the grammar takes them.
            let overflow = oracle.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert!(overflow || read(&document, &["a"]).is_ok() == oracle.is_ok(), "{}", document);
        }
    }
}
