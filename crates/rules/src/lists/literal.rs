//! Values as the query languages write them, and back.

use super::{Kind, Value};
use crate::Language;

/// How many milliseconds a duration has: a count and a unit, `2m` or `2 minutes`.
pub(super) fn millis(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start();
    let each = UNITS.iter().find(|(short, long, _)| {
        unit == *short || unit.strip_suffix('s').unwrap_or(unit).eq_ignore_ascii_case(long)
    })?;
    count.checked_mul(each.2).filter(|millis| 0 < *millis)
}

/// Units, short and long, with their milliseconds.
const UNITS: &[(&str, &str, u64)] = &[
    ("ms", "millisecond", 1),
    ("s", "second", 1_000),
    ("m", "minute", 60_000),
    ("h", "hour", 3_600_000),
    ("d", "day", 86_400_000),
];

/// A duration in words, as ES|QL has them: `2 minutes`.
fn in_words(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (_, long, _) = UNITS.iter().find(|(short, ..)| *short == text[digits..].trim())?;
    let many = if &text[..digits] == "1" { "" } else { "s" };
    Some(format!("{} {long}{many}", &text[..digits]))
}

/// A value as the language writes it. `like` is what stood in its place: a duration keeps its manner.
pub(super) fn write(value: &Value, kind: Kind, language: Language, like: &str) -> String {
    match value {
        // A minus turns a term of Lucene round.
        Value::Integer(number) if *number < 0 && language == Language::Lucene => {
            quoted(&number.to_string())
        }
        Value::Integer(number) => number.to_string(),
        // With a point also where it is whole, so that its type stays.
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) if kind == Kind::Duration => {
            let words = like.contains(char::is_whitespace).then(|| in_words(text)).flatten();
            words.unwrap_or_else(|| text.clone())
        }
        Value::Text(text) if matches!(language, Language::Kuery | Language::Lucene) => {
            searched(text, language)
        }
        Value::Text(text) => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text as a search has it: bare where it can be; a pattern cannot stand between quotes, so its other signs are escaped.
fn searched(text: &str, language: Language) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    let is_word = ["and", "or", "not"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if text.chars().all(is_plain)
        && text.chars().any(char::is_alphanumeric)
        && !is_word
        && !text.starts_with('-')
    {
        // Lucene reads what stands between two slashes as an expression.
        let is_bare = language == Language::Kuery || !text.contains('/');
        return if is_bare { text.to_owned() } else { quoted(text) };
    }
    if !text.contains('*') {
        return quoted(text);
    }
    let escaped = text
        .chars()
        .map(|c| if is_plain(c) || c == '*' { c.to_string() } else { format!("\\{c}") });
    escaped.collect()
}

/// What a literal of a query means; `None` for what is no literal.
pub(super) fn read(text: &str, language: Language) -> Option<Value> {
    if let Some(raw) = text.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
        return Some(Value::Text(raw.to_owned()));
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(Value::Text(unescaped(inner)));
    }
    if let Ok(number) = text.parse() {
        return Some(Value::Integer(number));
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.contains(['.', 'e', 'E']);
    if let (true, Ok(number)) = (is_number, text.parse()) {
        return Some(Value::Float(number));
    }
    let is_search = matches!(language, Language::Kuery | Language::Lucene);
    if millis(text).is_some() && !is_search {
        return Some(Value::Text(text.to_owned()));
    }
    is_search.then(|| Value::Text(unescaped(text)))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            (c, false) => out.push(c),
        }
    }
    out
}

/// Whether two values mean the same. Durations differ in how they are written.
pub(super) fn same(one: &Value, other: &Value, kind: Kind) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if kind == Kind::Duration => {
            millis(one) == millis(other)
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "thresholds are small, and whole numbers of this size have exact floats"
        )]
        (Value::Integer(whole), Value::Float(number))
        | (Value::Float(number), Value::Integer(whole)) => *whole as f64 == *number,
        _ => one == other,
    }
}

/// What stands for an empty list, since no query language has one: a value that no event has.
pub(super) fn nothing(kind: Kind) -> Value {
    match kind {
        Kind::Port | Kind::Number => Value::Integer(-1),
        // Reserved, and never anybody's address.
        Kind::Network => Value::Text("240.0.0.0/32".to_owned()),
        Kind::Domain | Kind::Text | Kind::Duration | Kind::Software => Value::Text(String::new()),
    }
}
