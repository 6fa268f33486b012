//! Paths into JSON texts: `a.b[0]['x.y']`, with `$` for the whole in front if wanted.
//!
//! A text is read only as far as the part that is asked for: of a key that comes twice the first one counts, and what is
//! broken behind the part does not matter, as in Elasticsearch.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::JSON_PATH_STEPS_MAX;
use crate::warnings::Failure;

/// A path that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonPath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<JsonPath, Failure> {
        let mut parser = PathParser { text, at: 0, steps: Vec::new() };
        parser.path()?;
        Ok(JsonPath { text: text.to_owned(), steps: parser.steps })
    }

    /// What stands at the path: texts, numbers and booleans as they read, objects and arrays as JSON without blanks;
    /// nothing for a JSON null.
    pub(super) fn extract(&self, json: &str) -> Result<Option<String>, Failure> {
        let mut found = None;
        let seed = PathSeed { steps: &self.steps, found: &mut found };
        let mut reader = serde_json::Deserializer::from_str(json);
        let outcome = seed.deserialize(&mut reader);
        // Reading ends with an error where the part was found before the end.
        match (found, outcome) {
            (Some(Found::Value(raw)), _) => plain_text(&raw),
            (Some(Found::OutOfBounds), _) => Err(Failure::argument("array index out of bounds")),
            (None, Ok(())) => {
                Err(Failure::argument(format!("path [{}] does not exist", self.text)))
            }
            (None, Err(_)) => Err(Failure::argument("invalid JSON input")),
        }
    }
}

fn plain_text(raw: &RawValue) -> Result<Option<String>, Failure> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => match serde_json::from_str(text) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Failure::argument("invalid JSON input")),
        },
        Some(b'{' | b'[') => Ok(Some(without_blanks(text))),
        _ => Ok(Some(text.to_owned())),
    }
}

/// A valid JSON text without the blanks between its tokens.
fn without_blanks(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_text = c == '"';
        }
        out.push(c);
    }
    out
}

enum Found {
    Value(Box<RawValue>),
    OutOfBounds,
}

/// Reads the part at the steps of a value, and the rest of the value only if there is none.
struct PathSeed<'p> {
    steps: &'p [Step],
    found: &'p mut Option<Found>,
}

impl<'de> DeserializeSeed<'de> for PathSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.steps.is_empty() {
            *self.found = Some(Found::Value(Box::<RawValue>::deserialize(reader)?));
            return Ok(());
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PathSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let Step::Key(wanted) = &self.steps[0] else {
            return skip_map(map);
        };
        while let Some(same) = map.next_key_seed(SameKey(wanted))? {
            if !same {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let rest = PathSeed { steps: &self.steps[1..], found: self.found };
            map.next_value_seed(rest)?;
            // The first of equal keys counts, whether the rest of the path is in it or not.
            return if self.found.is_some() { Ok(()) } else { skip_map(map) };
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let Step::Index(wanted) = self.steps[0] else {
            return skip_seq(seq);
        };
        for _ in 0..wanted {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                *self.found = Some(Found::OutOfBounds);
                return Ok(());
            }
        }
        let rest = PathSeed { steps: &self.steps[1..], found: self.found };
        if seq.next_element_seed(rest)?.is_none() {
            *self.found = Some(Found::OutOfBounds);
        }
        if self.found.is_some() { Ok(()) } else { skip_seq(seq) }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether a key is the one that is wanted.
struct SameKey<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for SameKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for SameKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

fn skip_map<'de, M: MapAccess<'de>>(mut map: M) -> Result<(), M::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_seq<'de, S: SeqAccess<'de>>(mut seq: S) -> Result<(), S::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

struct PathParser<'p> {
    text: &'p str,
    at: usize,
    steps: Vec<Step>,
}

impl PathParser<'_> {
    fn path(&mut self) -> Result<(), Failure> {
        let rooted = self.take('$');
        if !rooted && !self.rest().starts_with('[') && !self.rest().is_empty() {
            self.key()?;
        }
        while let Some(next) = self.rest().chars().next() {
            if self.steps.len() == JSON_PATH_STEPS_MAX {
                return Err(self.wrong(&format!("more than {JSON_PATH_STEPS_MAX} steps")));
            }
            match next {
                '.' => {
                    self.at += 1;
                    self.key()?;
                }
                '[' => self.bracket()?,
                _ => return Err(self.wrong("`.` or `[` is expected")),
            }
        }
        Ok(())
    }

    /// A key up to the next `.` or `[`.
    fn key(&mut self) -> Result<(), Failure> {
        let end = self.rest().find(['.', '[']).unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.wrong("a key is expected"));
        }
        self.steps.push(Step::Key(self.rest()[..end].to_owned()));
        self.at += end;
        Ok(())
    }

    /// `[0]`, `['key']` or `["key"]`.
    fn bracket(&mut self) -> Result<(), Failure> {
        self.at += 1;
        let step = match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => Step::Key(self.quoted(quote)?),
            _ => Step::Index(self.index()?),
        };
        self.steps.push(step);
        if self.take(']') { Ok(()) } else { Err(self.wrong("`]` is expected")) }
    }

    /// A key in quotes, in which a backslash stands before a quote or a backslash.
    fn quoted(&mut self, quote: char) -> Result<String, Failure> {
        self.at += quote.len_utf8();
        let mut key = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at += at + c.len_utf8();
                return Ok(key);
            }
            match c {
                '\\' => key.extend(chars.next().map(|(_, escaped)| escaped)),
                _ => key.push(c),
            }
        }
        Err(self.wrong("the key is not closed by its quote"))
    }

    fn index(&mut self) -> Result<usize, Failure> {
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let Ok(index) = self.rest()[..digits].parse() else {
            return Err(self.wrong("an index or a key in quotes is expected"));
        };
        self.at += digits;
        Ok(index)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn wrong(&self, why: &str) -> Failure {
        let place = self.text[..self.at].chars().count();
        Failure::argument(format!("Invalid JSON path [{}]: {why} at position {place}", self.text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(json: &str, path: &str, expected: Result<Option<&str>, &str>) {
        let found = JsonPath::parse(path).and_then(|path| path.extract(json));
        let found =
            found.as_ref().map(Option::as_deref).map_err(|failure| failure.message.as_str());
        assert_eq!(found, expected, "{json} {path}");
    }

    #[test]
    fn paths_lead_to_parts() {
        let json = r#"{"a":{"b":[10,{"c d":"x"}]},"a.b":"dotted","it's":1,"":2,"":3}"#;
        check(json, "a.b[0]", Ok(Some("10")));
        check(json, "$.a.b[1]['c d']", Ok(Some("x")));
        check(json, r#"$["a"]["b"][1]["c d"]"#, Ok(Some("x")));
        check(json, "['a.b']", Ok(Some("dotted")));
        check(json, r"['it\'s']", Ok(Some("1")));
        check(json, "['']", Ok(Some("2")));
        check("[1,[2,3]]", "[1][0]", Ok(Some("2")));
        check("[1,[2,3]]", "$[1]", Ok(Some("[2,3]")));
    }

    #[test]
    fn values_are_text_as_they_read() {
        for (json, expected) in [
            (r#""a\"\u00e9\n""#, Some("a\"é\n")),
            ("1.50", Some("1.50")),
            ("-1e10", Some("-1e10")),
            ("123456789012345678901234567890", Some("123456789012345678901234567890")),
            ("true", Some("true")),
            ("null", None),
            (r#"{ "a" : [ 1 , "x y\" z" ] }"#, Some(r#"{"a":[1,"x y\" z"]}"#)),
            ("[ ]", Some("[]")),
        ] {
            check(json, "$", Ok(expected));
            check(&format!(r#"{{"k":{json}}}"#), "k", Ok(expected));
            check(&format!("[0, {json}]"), "[1]", Ok(expected));
        }
    }

    #[test]
    fn the_first_of_equal_keys_counts() {
        check(r#"{"a":1,"a":2}"#, "a", Ok(Some("1")));
        check(r#"{"a":1,"a":{"b":2}}"#, "a.b", Err("path [a.b] does not exist"));
    }

    #[test]
    fn what_is_not_there_fails() {
        for (json, path) in [
            ("{}", "a"),
            (r#"{"A":1}"#, "a"),
            (r#"{"a":1}"#, "a.b"),
            (r#"{"a":"text"}"#, "a[0]"),
            (r#"{"a":null}"#, "a.b"),
            (r#"{"a":[1]}"#, "a.b"),
            (r#"{"a":{"b":1}}"#, "a[0]"),
            ("5", "a"),
        ] {
            check(json, path, Err(&format!("path [{path}] does not exist")));
        }
        check(r#"{"a":[]}"#, "a[0]", Err("array index out of bounds"));
        check(r#"{"a":[1,2]}"#, "a[2].b", Err("array index out of bounds"));
    }

    #[test]
    fn what_is_no_json_fails_as_far_as_it_is_read() {
        for json in ["", "{", "not json", r#"{"b":1"#, r#"{"b" 1}"#, r#"{"a":tru}"#, r#"{"a":[1}"#]
        {
            check(json, "a", Err("invalid JSON input"));
        }
        check(r#"{"a":1,!"#, "a", Ok(Some("1")));
        check(r#"{"a":1} rest"#, "a", Ok(Some("1")));
    }

    #[test]
    fn what_is_no_path_fails_with_its_place() {
        for (path, message) in [
            ("a.", "Invalid JSON path [a.]: a key is expected at position 2"),
            (".a", "Invalid JSON path [.a]: a key is expected at position 0"),
            ("$a", "Invalid JSON path [$a]: `.` or `[` is expected at position 1"),
            ("a[", "Invalid JSON path [a[]: an index or a key in quotes is expected at position 2"),
            (
                "a[-1]",
                "Invalid JSON path [a[-1]]: an index or a key in quotes is expected at position 2",
            ),
            ("a[0", "Invalid JSON path [a[0]: `]` is expected at position 3"),
            (
                "a['b]",
                "Invalid JSON path [a['b]]: the key is not closed by its quote at position 3",
            ),
        ] {
            check("{}", path, Err(message));
        }
        let long = "[0]".repeat(JSON_PATH_STEPS_MAX + 1);
        let failure = JsonPath::parse(&long).unwrap_err();
        assert!(failure.message.contains("more than 100 steps"), "{}", failure.message);
    }

    /// Deep documents are skipped and given without using the stack for each level.
    #[test]
    fn depth_is_no_danger() {
        let deep = format!(r#"{{"d":{}{},"a":1}}"#, "[".repeat(100_000), "]".repeat(100_000));
        check(&deep, "a", Ok(Some("1")));
        assert_eq!(JsonPath::parse("d").unwrap().extract(&deep).unwrap().unwrap().len(), 200_000);
    }

    proptest! {
        #[test]
        fn nothing_panics(json in r#"[\[\]{}:,"a0 \\n]{0,16}"#, path in r#"[$a.\['"0\]\\]{0,8}"#) {
            if let Ok(path) = JsonPath::parse(&path) {
                let _ = path.extract(&json);
            }
        }
    }
}
