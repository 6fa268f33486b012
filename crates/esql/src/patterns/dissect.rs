//! `DISSECT`'s patterns: `%{key}` between delimiters, without regular expressions.
//!
//! A text is read once from left to right, as Elasticsearch reads it: a delimiter ends a value where it is first found,
//! delimiters in a row give empty values, and text behind a last delimiter is passed over.

use std::borrow::Cow;
use std::ops::Range;

use super::{Extractor, Output, PatternError};
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// A pattern of `DISSECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissect {
    leading: String,
    pairs: Vec<Pair>,
    keys: Vec<String>,
    /// Of each key, the pairs whose values it is made of, in order.
    parts: Vec<Vec<usize>>,
    separator: String,
    outputs: Vec<Output>,
}

/// A value and what ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    /// Whether delimiters that follow in a row belong to the one that ends the value: `->`.
    padded: bool,
    /// Empty for a value that goes on to the end of the text.
    delimiter: String,
}

/// What stands between `%{` and `}`.
struct Key<'p> {
    name: &'p str,
    role: Role,
    padded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `%{}` and `%{?name}`
    Skip,
    /// `%{name}`
    Value,
    /// `%{+name}`, and `%{+name/2}` with its place. Those without a place come first.
    Append(Option<u16>),
}

impl Dissect {
    /// Reads a pattern. The values of one key are joined with the separator.
    pub fn parse(pattern: &str, append_separator: &str) -> Result<Dissect, PatternError> {
        let (leading, keys) = split(pattern)?;
        let mut names: Vec<String> = Vec::new();
        let mut pairs = Vec::with_capacity(keys.len());
        let mut sources: Vec<Vec<(Role, usize)>> = Vec::new();
        for (at, (key, delimiter)) in keys.into_iter().enumerate() {
            pairs.push(Pair { padded: key.padded, delimiter: delimiter.to_owned() });
            if key.role == Role::Skip {
                continue;
            }
            let known = names.iter().position(|name| name == key.name).unwrap_or_else(|| {
                names.push(key.name.to_owned());
                sources.push(Vec::new());
                names.len() - 1
            });
            sources[known].push((key.role, at));
        }
        let outputs =
            names.iter().map(|name| Output::new(name, DataType::Keyword, false)).collect();
        let parts = sources.into_iter().map(in_order).collect();
        let separator = append_separator.to_owned();
        Ok(Dissect { leading: leading.to_owned(), pairs, keys: names, parts, separator, outputs })
    }

    /// The names of the columns, in order.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The value of each key, if the text has all delimiters.
    pub fn matches<'t>(&self, text: &'t str) -> Option<Vec<Cow<'t, str>>> {
        let values = self.values(text)?;
        let joined = |parts: &Vec<usize>| match parts.as_slice() {
            [one] => Cow::Borrowed(values[*one]),
            several => {
                let texts: Vec<&str> = several.iter().map(|at| values[*at]).collect();
                Cow::Owned(texts.join(&self.separator))
            }
        };
        Some(self.parts.iter().map(joined).collect())
    }

    /// One value for each pair.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut rest = text.strip_prefix(self.leading.as_str()).filter(|rest| !rest.is_empty())?;
        let mut values = Vec::with_capacity(self.pairs.len());
        let mut pairs = self.pairs.iter();
        while let Some(mut pair) = pairs.next() {
            let delimiter = pair.delimiter.as_str();
            if delimiter.is_empty() {
                values.push(rest);
                continue;
            }
            let end = rest.find(delimiter)?;
            values.push(&rest[..end]);
            rest = &rest[end + delimiter.len()..];
            // The same delimiter again stands for the delimiter of each next key, whatever that is: so Elasticsearch.
            while let Some(behind) = rest.strip_prefix(delimiter) {
                rest = behind;
                if !pair.padded {
                    match pairs.next() {
                        Some(next) => pair = next,
                        None => break,
                    }
                    values.push("");
                }
            }
        }
        (values.len() == self.pairs.len()).then_some(values)
    }
}

impl Extractor for Dissect {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &self,
        text: &'v str,
        arena: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        _: &mut dyn FnMut(Failure),
    ) {
        for (column, value) in columns.iter_mut().zip(self.matches(text).into_iter().flatten()) {
            column.push(match value {
                Cow::Borrowed(text) => Value::Text(text),
                Cow::Owned(text) => arena.text(&text),
            });
        }
    }
}

/// The pairs that a key is made of: the last one of a key that is never appended to, otherwise all by their places.
fn in_order(mut sources: Vec<(Role, usize)>) -> Vec<usize> {
    if sources.iter().all(|(role, _)| *role == Role::Value) {
        return sources.pop().map(|(_, at)| at).into_iter().collect();
    }
    sources.sort_by_key(|(role, _)| match role {
        Role::Append(place) => *place,
        Role::Skip | Role::Value => None,
    });
    sources.into_iter().map(|(_, at)| at).collect()
}

/// The text before the first key, and each key with the text behind it.
fn split(pattern: &str) -> Result<(&str, Vec<(Key<'_>, &str)>), PatternError> {
    let Some(first) = pattern.find("%{") else {
        return Err(PatternError::new(0..pattern.len(), "the pattern has no key")
            .help("name what to extract: `%{name}`"));
    };
    let mut keys = Vec::new();
    let mut start = first;
    while start < pattern.len() {
        let inside = &pattern[start + 2..];
        let end =
            inside.find('}').filter(|end| !inside[..*end].contains("%{")).ok_or_else(|| {
                PatternError::new(start..start + 2, "`%{` is not closed")
                    .help("end the key with `}`")
            })?;
        let (place, behind) = (start..start + 2 + end + 1, &inside[end + 1..]);
        let key = key(&inside[..end], place.clone())?;
        let next = behind.find("%{").unwrap_or(behind.len());
        if next == 0 && !behind.is_empty() {
            let message =
                format!("nothing stands between `{}` and the next key", &pattern[place.clone()]);
            return Err(PatternError::new(place, message)
                .help("put a delimiter between the keys, or make them one key"));
        }
        keys.push((key, &behind[..next]));
        start = pattern.len() - behind.len() + next;
    }
    Ok((&pattern[..first], keys))
}

fn key(text: &str, place: Range<usize>) -> Result<Key<'_>, PatternError> {
    let refuse =
        |message: String, help: &str| Err(PatternError::new(place.clone(), message).help(help));
    let (body, padded) = match text.strip_suffix("->") {
        Some(body) => (body, true),
        None => (text, false),
    };
    let (role, name) = match body.as_bytes().first() {
        None => (Role::Skip, ""),
        Some(b'?') => (Role::Skip, &body[1..]),
        Some(b'+') => append(&body[1..]),
        Some(b'*' | b'&') => {
            return refuse(
                format!("Reference keys not supported in dissect patterns: [%{{{text}}}]"),
                "name the key in the pattern: a column's name cannot come from a row",
            );
        }
        Some(_) => (Role::Value, body),
    };
    if role != Role::Skip && name.is_empty() {
        return refuse(format!("`%{{{text}}}` has no name"), "write the name behind the `+`");
    }
    if let Some(modifier) = name.find(['/', '+', '*', '&', '?']).map(|at| &name[at..=at]) {
        return refuse(
            format!("`{modifier}` cannot stand in the name of `%{{{text}}}`"),
            "a modifier stands in front of the name, once; the place of `%{+name/2}` is a number up to 32767",
        );
    }
    Ok(Key { name, role, padded })
}

/// `name` or `name/2`. A place that is no number stays in the name.
fn append(text: &str) -> (Role, &str) {
    let place = |digits: &str| {
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
            .filter(|n| *n <= 0x7FFF)
    };
    match text.rsplit_once('/').and_then(|(name, digits)| Some((name, place(digits)?))) {
        Some((name, place)) => (Role::Append(Some(place)), name),
        None => (Role::Append(None), text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `a=1 b=2`, or `-` without a match.
    fn run(pattern: &str, separator: &str, text: &str) -> String {
        let dissect =
            Dissect::parse(pattern, separator).unwrap_or_else(|e| panic!("{pattern}: {e:?}"));
        let Some(values) = dissect.matches(text) else { return "-".to_owned() };
        let pairs = dissect.keys().iter().zip(values).map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_take_what_stands_between_delimiters() {
        for (pattern, text, expected) in [
            ("%{a} %{b}", "foo bar", "a=foo b=bar"),
            ("%{a} %{b}", "foo bar baz", "a=foo b=bar baz"),
            ("%{a} %{b}", "foo", "-"),
            ("%{a} %{b}", "foo ", "a=foo b="),
            ("%{a}", "foo", "a=foo"),
            ("%{a}", "", "-"),
            ("[%{a}]", "[x]", "a=x"),
            ("[%{a}]", "x]", "-"),
            ("[%{a}", "[", "-"),
            ("[%{a}]", "[x", "-"),
            ("[%{a}] ", "[x] and what follows", "a=x"),
            ("%{a}=>%{b}", "x=y=>z", "a=x=y b=z"),
            ("é%{a}é%{b}", "éxéy", "a=x b=y"),
            ("%{a}\n%{b}", "x\ny\nz", "a=x b=y\nz"),
            ("%{a.b} %{@c}", "x y", "a.b=x @c=y"),
            ("%{a%} %{b}", "x y", "a%=x b=y"),
            ("%{a}% %{b}", "90% x", "a=90 b=x"),
            ("%{a} %{b} %{a}", "1 2 3", "a=3 b=2"),
        ] {
            assert_eq!(run(pattern, "", text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn delimiters_in_a_row_are_empty_values_or_padding() {
        for (pattern, text, expected) in [
            ("%{a},%{b},%{c},%{d}", "foo,,,bar", "a=foo b= c= d=bar"),
            ("%{a},%{b},%{c}", ",,x", "a= b= c=x"),
            ("%{a},%{b},", "x,,", "a=x b="),
            ("%{a->},%{b}", "foo,,,,bar", "a=foo b=bar"),
            ("%{->},%{b}", ",,,,bar", "b=bar"),
            ("%{a->} %{b->} %{c}", "x    y   z", "a=x b=y c=z"),
            ("%{a->},", "x,,,", "a=x"),
            ("%{?a->} %{b}", "x   y", "b=y"),
            ("%{a} %{b->}", "x y  ", "a=x b=y  "),
            // The comma that follows at once is taken for the end of `b`, which a colon should end.
            ("%{a},%{b}:%{c}", "x,,:y", "a=x b= c=:y"),
            ("%{a},%{b},%{c->},%{d}", "x,,,,,y", "a=x b= c= d=y"),
        ] {
            assert_eq!(run(pattern, "", text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn keys_are_skipped_and_appended() {
        for (pattern, separator, text, expected) in [
            ("%{} %{b} %{} %{d}", "", "x b c d", "b=b d=d"),
            ("%{?x} %{b}", "", "1 2", "b=2"),
            ("%{?} %{}", "", "1 2", ""),
            ("%{+a} %{+a}", "", "1 2", "a=12"),
            ("%{a} %{+a} %{b}", "-", "1 2 3", "a=1-2 b=3"),
            (
                "%{+n/2} %{+n/4} %{+n/3} %{+n/1}",
                ",",
                "john jacob jingle schmidt",
                "n=schmidt,john,jingle,jacob",
            ),
            ("%{+n/1} %{+n} %{+n/0->} %{x}", ",", "a b c   d", "n=b,c,a x=d"),
            ("%{+n/2} %{n} %{+n/2}", "/", "a b c", "n=b/a/c"),
        ] {
            assert_eq!(run(pattern, separator, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_cannot_be_a_pattern_is_told() {
        for (pattern, at, message) in [
            ("", 0..0, "the pattern has no key"),
            ("plain }", 0..7, "the pattern has no key"),
            ("%{a} %{b", 5..7, "`%{` is not closed"),
            ("%{a %{b}", 0..2, "`%{` is not closed"),
            ("%{a}%{b}", 0..4, "nothing stands between `%{a}` and the next key"),
            ("x %{*k} %{&k}", 2..7, "Reference keys not supported in dissect patterns: [%{*k}]"),
            ("%{&k}", 0..5, "Reference keys not supported in dissect patterns: [%{&k}]"),
            ("%{+}", 0..4, "`%{+}` has no name"),
            ("%{+/2}", 0..6, "`%{+/2}` has no name"),
            ("%{a/2}", 0..6, "`/` cannot stand in the name of `%{a/2}`"),
            ("%{+?a}", 0..6, "`?` cannot stand in the name of `%{+?a}`"),
            ("%{+a/99999}", 0..11, "`/` cannot stand in the name of `%{+a/99999}`"),
        ] {
            let error = Dissect::parse(pattern, "").unwrap_err();
            assert_eq!((error.at, error.message.as_str()), (at, message), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_and_text_are_answered(pattern in "([%{}+?*&/>a1é -]|%\\{|->|%\\{a\\}){0,20}", text in "[%{}a1é, ]{0,20}") {
            if let Ok(dissect) = Dissect::parse(&pattern, ",")
                && let Some(values) = dissect.matches(&text)
            {
                prop_assert_eq!(values.len(), dissect.keys().len());
            }
        }

        /// Values that hold no delimiter come back as they were put in.
        #[test]
        fn what_is_joined_comes_apart(values in proptest::collection::vec("[a-zé]{1,4}", 1..6)) {
            let keys: Vec<String> = (0..values.len()).map(|n| format!("%{{k{n}}}")).collect();
            let dissect = Dissect::parse(&keys.join(", "), "").unwrap();
            let text = values.join(", ");
            prop_assert_eq!(dissect.matches(&text).unwrap(), values);
        }
    }
}
