//! The projecting JSON parser: fills the wanted fields of an event and checks the rest without keeping it.
//!
//! Written by hand because a parser that builds a tree, or visits every value, costs several times as much; an
//! event is read once and most of it is not wanted.

mod cursor;
mod plan;

use std::collections::HashSet;

use brokerwatch_ecs::{Event, Field, Type, Value, date, number};
use bumpalo::Bump;
use thiserror::Error;

use self::cursor::{Cursor, Stops};
pub use self::plan::Plan;
use self::plan::{NOWHERE, ROOT};
use crate::limits::{DOCUMENT_BYTES_MAX, JSON_DEPTH_MAX};

/// Reads documents one after the other and keeps its working memory between them.
#[derive(Debug)]
pub struct RecordReader<'p> {
    plan: &'p Plan,
    strict: bool,
    stops: Stops,
    met: MetNodes,
}

impl<'p> RecordReader<'p> {
    /// A reader that fills the fields of a plan. A strict one notices every key that stands twice in one object, and
    /// is slower; else those that lead to wanted fields are noticed.
    pub fn new(plan: &'p Plan, strict: bool) -> RecordReader<'p> {
        RecordReader { plan, strict, stops: Stops::default(), met: MetNodes::new(plan) }
    }

    /// Reads one document into `event`, which the caller has reset.
    pub fn read<'c>(
        &mut self,
        record: &'c [u8],
        arena: &'c Bump,
        event: &mut Event<'c>,
    ) -> Result<Warnings, Malformed> {
        let Ok(text) = simdutf8::basic::from_utf8(record) else {
            let at = std::str::from_utf8(record).map_or_else(|error| error.valid_up_to(), str::len);
            return Err(Malformed { at, why: Why::Utf8 });
        };
        if DOCUMENT_BYTES_MAX < text.len() {
            return Err(Malformed { at: DOCUMENT_BYTES_MAX, why: Why::TooLong });
        }
        self.stops.note(record);
        self.met.forget_open();
        let mut document = Document {
            cursor: Cursor::new(text, &self.stops),
            plan: self.plan,
            met: &mut self.met,
            keys: self.strict.then(HashSet::new),
            arena,
            event,
            warnings: Warnings::default(),
        };
        document.read()?;
        Ok(document.warnings)
    }
}

/// Reads one document into `event`, which the caller has reset. For many documents a [`RecordReader`] is faster.
pub fn read_record<'c>(
    record: &'c [u8],
    plan: &Plan,
    arena: &'c Bump,
    event: &mut Event<'c>,
) -> Result<Warnings, Malformed> {
    RecordReader::new(plan, false).read(record, arena, event)
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
    /// Too long to be read.
    #[error("longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    /// The document is no object.
    #[error("the document is not an object")]
    NotAnObject,
    /// Something follows the document.
    #[error("text after the document")]
    Trailing,
}

/// A document that is being read.
struct Document<'c, 'r> {
    cursor: Cursor<'c, 'r>,
    plan: &'r Plan,
    met: &'r mut MetNodes,
    /// If strict: all keys, each with its object. They are no more than the record is long.
    keys: Option<HashSet<(u64, &'c [u8])>>,
    arena: &'c Bump,
    event: &'r mut Event<'c>,
    warnings: Warnings,
}

impl<'c> Document<'c, '_> {
    fn read(&mut self) -> Result<(), Malformed> {
        self.cursor.blanks();
        match self.cursor.peek() {
            Some(b'{') => {}
            Some(_) => return self.cursor.fail(Why::NotAnObject),
            None => return self.cursor.fail(Why::Truncated),
        }
        let mut hit = Hit::default();
        self.members(|document, key| document.top_member(key, &mut hit))?;
        self.cursor.blanks();
        if self.cursor.peek().is_some() {
            return self.cursor.fail(Why::Trailing);
        }
        // A hit that was exported without its source holds the values under `fields`.
        if let (false, true, Some(fields)) = (hit.source, self.event.index.is_some(), hit.fields) {
            self.read_again(fields)?;
        }
        Ok(())
    }

    /// Reads a value of the top object as if it were the document.
    fn read_again(&mut self, at: usize) -> Result<(), Malformed> {
        let noticed = self.keys.take().map(|_| self.warnings.duplicate_keys);
        self.cursor.go_to(at);
        self.value(ROOT)?;
        // A strict reader has noticed all there is when it first came by.
        self.warnings.duplicate_keys = noticed.unwrap_or(self.warnings.duplicate_keys);
        Ok(())
    }

    /// Reads the value of a member of the top object, and says which node it filled.
    fn top_member(&mut self, key: &'c [u8], hit: &mut Hit) -> Result<usize, Malformed> {
        match key {
            b"_source" if self.cursor.peek() == Some(b'{') => {
                hit.source = true;
                self.value(ROOT)?;
                return Ok(NOWHERE);
            }
            b"_id" if self.cursor.peek() == Some(b'"') => {
                self.event.id = Some(self.cursor.string(self.arena)?);
                return Ok(NOWHERE);
            }
            b"_index" if self.cursor.peek() == Some(b'"') => {
                self.event.index = Some(self.cursor.string(self.arena)?);
                return Ok(NOWHERE);
            }
            b"fields" => hit.fields = Some(self.cursor.at()),
            _ => {}
        }
        self.member(ROOT, key)
    }

    /// Reads the value of a member of an object at `node`, and says which node it filled.
    #[inline]
    fn member(&mut self, node: usize, key: &[u8]) -> Result<usize, Malformed> {
        let child = self.plan.descend(node, key);
        if child == NOWHERE && self.keys.is_none() {
            self.cursor.skip_value()?;
        } else {
            self.value(child)?;
        }
        Ok(child)
    }

    /// The members of an object; `member` reads the value of each and says which node it filled.
    #[inline]
    fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, &'c [u8]) -> Result<usize, Malformed>,
    ) -> Result<(), Malformed> {
        if !self.cursor.open(b'}')? {
            return Ok(());
        }
        let object = self.met.open();
        loop {
            let key = self.cursor.key(self.arena)?;
            let node = member(self, key)?;
            let again = match &mut self.keys {
                Some(keys) => !keys.insert((object.id, key)),
                None => node != NOWHERE && self.met.meet(object, node),
            };
            self.warnings.duplicate_keys += u32::from(again);
            if !self.cursor.next_item(b'}')? {
                self.met.close(object);
                return Ok(());
            }
        }
    }

    fn value(&mut self, node: usize) -> Result<(), Malformed> {
        let strict = self.keys.is_some();
        match self.cursor.peek() {
            Some(b'{') if strict || self.plan.has_children(node) => {
                self.members(|document, key| document.member(node, key))
            }
            Some(b'[') if strict || node != NOWHERE => self.items(node),
            _ if self.plan.slots(node).is_empty() => self.cursor.skip_value(),
            Some(b'"') => {
                let text = self.cursor.string(self.arena)?;
                self.fill(node, |field| from_text(text, field));
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.cursor.number()?;
                self.fill(node, |field| from_number(number, field));
                Ok(())
            }
            Some(b't') => self.flag(true, node),
            Some(b'f') => self.flag(false, node),
            Some(b'n') => {
                self.cursor.literal("null")?;
                self.fill_null(node);
                Ok(())
            }
            // An object where a value is wanted, or no value at all.
            _ => self.cursor.skip_value(),
        }
    }

    /// The items of an array: each is a value of the array's own field.
    fn items(&mut self, node: usize) -> Result<(), Malformed> {
        if self.cursor.open(b']')? {
            loop {
                self.value(node)?;
                if !self.cursor.next_item(b']')? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn flag(&mut self, flag: bool, node: usize) -> Result<(), Malformed> {
        self.cursor.literal(if flag { "true" } else { "false" })?;
        self.fill(node, |field| from_flag(flag, field));
        Ok(())
    }

    #[inline]
    fn fill(&mut self, node: usize, read: impl Fn(&Field) -> Option<Value<'c>>) {
        let plan = self.plan;
        for &slot in plan.slots(node) {
            let field = plan.field(slot);
            match read(field) {
                Some(Value::Keyword(text))
                    if field.ignore_above.is_some_and(|most| is_longer(text, most)) => {}
                Some(value) => self.event.push(slot, value),
                None => self.warnings.ill_typed += 1,
            }
        }
    }

    fn fill_null(&mut self, node: usize) {
        let plan = self.plan;
        for &slot in plan.slots(node) {
            let field = plan.field(slot);
            if let Some(text) = &field.null_value {
                let text: &'c str = self.arena.alloc_str(text);
                if let Some(value) = from_text(text, field) {
                    self.event.push(slot, value);
                }
            }
        }
    }
}

/// What makes a document an Elasticsearch hit.
#[derive(Default)]
struct Hit {
    source: bool,
    fields: Option<usize>,
}

/// Which wanted nodes the objects that are open have met; how a key that stands twice is noticed without a list per
/// object.
///
/// In one object one key alone leads to a node, so a node that is met twice is a key that stands twice. But an object
/// inside may meet the same node by a rest of the key (`a: {b}` inside an object with `a.b`); it takes the mark, and
/// gives it back when it closes.
#[derive(Debug)]
struct MetNodes {
    /// Objects so far, over all documents: each has a number of its own, so that marks never need to be cleared.
    objects: u64,
    /// By node, the innermost object that met it.
    marks: Vec<u64>,
    /// Marks that open objects took over, and whose they were.
    taken: Vec<(usize, u64)>,
}

/// An open object: its number, and how many marks were taken before it.
#[derive(Clone, Copy)]
struct OpenObject {
    id: u64,
    taken: usize,
}

impl MetNodes {
    fn new(plan: &Plan) -> MetNodes {
        MetNodes { objects: 0, marks: vec![0; plan.len()], taken: Vec::new() }
    }

    /// A document that was left in the middle leaves objects open.
    fn forget_open(&mut self) {
        self.taken.clear();
    }

    #[inline]
    fn open(&mut self) -> OpenObject {
        self.objects += 1;
        OpenObject { id: self.objects, taken: self.taken.len() }
    }

    /// Marks a node, and says whether this object has met it before.
    #[inline]
    fn meet(&mut self, object: OpenObject, node: usize) -> bool {
        let before = std::mem::replace(&mut self.marks[node], object.id);
        if before == object.id {
            return true;
        }
        self.taken.push((node, before));
        false
    }

    #[inline]
    fn close(&mut self, object: OpenObject) {
        for (node, before) in self.taken.drain(object.taken..).rev() {
            self.marks[node] = before;
        }
    }
}

/// Whether a text has more than so many characters.
fn is_longer(text: &str, most: usize) -> bool {
    // It has no more characters than bytes.
    most < text.len() && most < text.chars().count()
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
    use brokerwatch_ecs::{Origin, Projection, Schema, Slot};
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

    #[test]
    fn a_strict_reader_notices_every_key_that_stands_twice() {
        for (document, lax, strict) in [
            (r#"{"a":1,"a":2,"x":1,"x":2}"#, 1, 2),
            (r#"{"x":{"y":[{"z":1,"\u007a":2},{"z":3}],"y":1}}"#, 0, 2),
            (r#"{"b":{"c":1},"b.c":2,"b":{"c":3},"b.c":4}"#, 2, 2),
            (r#"{"b.c":1,"b":{"c":2,"c":3},"b.c":4}"#, 2, 2),
            (r#"{"b":[{"c":1},{"c":2}],"x":"x"}"#, 0, 0),
            (r#"{"_index":"i","fields":{"a":[1],"a":[2],"x":1,"x":2}}"#, 1, 2),
            (r#"{"_source":{"a":1,"a":1},"_id":"1","_id":"2"}"#, 1, 2),
        ] {
            let schema = Schema::open();
            let mut projection = Projection::new();
            for name in ["a", "b.c"] {
                projection.want(name, &schema);
            }
            let (plan, arena) = (Plan::new(&projection), Bump::new());
            for (is_strict, expected) in [(false, lax), (true, strict)] {
                let mut reader = RecordReader::new(&plan, is_strict);
                // What one document leaves behind, whole or not, is nothing to the next.
                for text in [document, &document[..document.len() - 1], document] {
                    let mut event = Event::new(&projection);
                    let read = reader.read(text.as_bytes(), &arena, &mut event);
                    let found = read.map(|warnings| warnings.duplicate_keys);
                    if text == document {
                        assert_eq!(found, Ok(expected), "{document}, strict: {is_strict}");
                    } else {
                        assert_eq!(found.map_err(|error| error.why), Err(Why::Truncated));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_passed_over_is_checked_at_the_same_place() {
        for (value, why, at) in [
            ("[1,[2,{\"b\":[]}],]", Why::Unexpected, 16),
            ("{\"b\":1,}", Why::Unexpected, 7),
            ("{\"b\" 1}", Why::Unexpected, 5),
            ("{\"b\":1]", Why::Unexpected, 6),
            ("{b:1}", Why::Unexpected, 1),
            ("\"a\\ud83d\\uzzzz\"", Why::Escape, 8),
            ("\"0123456789\t\"", Why::Control, 11),
            ("-", Why::Number, 1),
            ("[1.]", Why::Number, 3),
            ("[nul]", Why::Unexpected, 1),
            ("[[\"a", Why::Truncated, 4),
        ] {
            for key in ["a", "b", "c", "x"] {
                let document = format!("{{\"{key}\":{value}");
                let schema = Schema::open();
                let mut projection = Projection::new();
                for name in ["a", "b.c", "c", "c.d"] {
                    projection.want(name, &schema);
                }
                let (plan, arena) = (Plan::new(&projection), Bump::new());
                for strict in [false, true] {
                    let mut event = Event::new(&projection);
                    let mut reader = RecordReader::new(&plan, strict);
                    let found = reader.read(document.as_bytes(), &arena, &mut event);
                    assert_eq!(found, Err(Malformed { at: 5 + at, why }), "{document}");
                }
            }
        }
    }

    #[test]
    fn a_plan_finds_names_that_begin_alike() {
        let names = ["command_line", "command_", "command_list", "c", "", "\0", "a.b", "ab", "a"];
        let schema = Schema::open();
        let mut projection = Projection::new();
        let slots: Vec<Slot> = names.iter().map(|name| projection.want(name, &schema)).collect();
        let plan = Plan::new(&projection);
        for (name, slot) in names.iter().zip(slots) {
            assert_eq!(plan.slots(plan.descend(ROOT, name.as_bytes())), [slot], "{name:?}");
        }
        for name in ["command_lin", "command", "command_line.", "b", "a.", ".a", "a.b.", "\0\0"] {
            assert!(plan.slots(plan.descend(ROOT, name.as_bytes())).is_empty(), "{name:?}");
        }
    }

    /// Whether both kinds of reader take a document.
    fn is_taken(document: &str) -> bool {
        let schema = Schema::open();
        let mut projection = Projection::new();
        for name in ["a", "b.c", "b.c.d"] {
            projection.want(name, &schema);
        }
        let (plan, arena) = (Plan::new(&projection), Bump::new());
        let [lax, strict] = [false, true].map(|strict| {
            let mut event = Event::new(&projection);
            let read =
                RecordReader::new(&plan, strict).read(document.as_bytes(), &arena, &mut event);
            read.map(|_| format!("{event:?}"))
        });
        assert_eq!(lax, strict, "{document}");
        lax.is_ok()
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            (-1e300..1e300).prop_map(Into::into),
            any::<String>().prop_map(Into::into),
            r#"[a-z"\\\n/ é\u{1F600}]{0,150}"#.prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((any_key(), inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn any_key() -> impl Strategy<Value = String> {
        prop_oneof!["[abcd]", "[abcd]\\.[abcd]", any::<String>()]
    }

    fn any_document() -> impl Strategy<Value = serde_json::Map<String, serde_json::Value>> {
        let members = prop::collection::vec((any_key(), any_json()), 0..8);
        members.prop_map(|members| members.into_iter().collect())
    }

    /// The texts of a field, as a reader that builds a tree finds them; `path` is what is left of the field's path.
    fn texts(value: &serde_json::Value, path: Option<&str>, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(items) => {
                items.iter().for_each(|item| texts(item, path, found));
            }
            serde_json::Value::Object(members) => {
                for (key, value) in members {
                    match path.and_then(|path| path.strip_prefix(&**key)) {
                        Some("") => texts(value, None, found),
                        Some(rest) if rest.starts_with('.') => {
                            texts(value, Some(&rest[1..]), found);
                        }
                        _ => {}
                    }
                }
            }
            serde_json::Value::String(text) if path.is_none() => found.push(text.clone()),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn serde_json_takes_and_refuses_the_same(text in r#"[ {}\[\],:"\\a1.eE\-+tn]{0,24}"#) {
            let document = format!("{{{text}}}");
            prop_assert!(agrees(&document), "{}", document);
        }

        #[test]
        fn serde_json_takes_and_refuses_the_same_after_a_slip(
            document in any_document(),
            pretty: bool,
            at: prop::sample::Index,
            slip in prop_oneof![r#"[ {}\[\],:"\\/a0.eE\-+tfnu\n\t]{0,2}"#, Just("1".repeat(30))],
            length in 0..3_usize,
        ) {
            let render = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
            let mut document = render(&document).unwrap();
            prop_assert!(agrees(&document), "{}", document);
            let places: Vec<usize> = document.char_indices().map(|(place, _)| place).collect();
            let first = at.index(places.len());
            let end = places.get(first + length).copied().unwrap_or(document.len());
            document.replace_range(places[first]..end, &slip);
            prop_assert!(agrees(&document), "{}", document);
        }

        #[test]
        fn serde_json_finds_the_same_texts(document in any_document(), pretty: bool) {
            let render = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
            let text = render(&document).unwrap();
            let tree = serde_json::Value::Object(document);
            let schema = Schema::open();
            let mut projection = Projection::new();
            let fields = ["a", "b.c", "c.d.a"];
            let slots = fields.map(|name| projection.want(name, &schema));
            let (plan, arena) = (Plan::new(&projection), Bump::new());
            let mut event = Event::new(&projection);
            read_record(text.as_bytes(), &plan, &arena, &mut event).unwrap();
            for (field, slot) in fields.into_iter().zip(slots) {
                let mut expected = Vec::new();
                texts(&tree, Some(field), &mut expected);
                let found: Vec<&str> = event.values(slot).iter().filter_map(Value::as_str).collect();
                prop_assert_eq!(found, expected, "{} in {}", field, text);
            }
        }
    }

    /// Whether `serde_json` takes or refuses a document as this parser does.
    fn agrees(document: &str) -> bool {
        let oracle: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(document);
        // serde_json refuses numbers that overflow a double, and halves of surrogate pairs; the grammar takes them.
        let taken_here_alone = |error: serde_json::Error| {
            let why = error.to_string();
            ["out of range", "surrogate", "unexpected end of hex escape"]
                .iter()
                .any(|known| why.contains(known))
        };
        match oracle {
            Ok(_) => is_taken(document),
            Err(error) => !is_taken(document) || taken_here_alone(error),
        }
    }
}
