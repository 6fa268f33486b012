//! What the functions of text share: places counted in code points, blanks as Java has them, and texts cut from texts.

use brokerwatch_expr::Diagnostic;

use super::{Body, single};
use crate::limits::TEXT_BYTES_MAX;
use crate::types::{DataType, Types};
use crate::value::Value;
use crate::warnings::Failure;

/// The type of places and counts.
pub(super) const COUNT: Types = Types::of(&[DataType::Integer]);

/// A body that gives a part of its text.
pub(super) fn part_of_text(part: fn(&str) -> &str) -> Result<Body, Diagnostic> {
    single(move |args, _| Ok(args[0].as_str().map(|text| Value::Text(part(text)))))
}

/// A body that gives new text for its text.
pub(super) fn new_text(text_of: fn(&str) -> Result<String, Failure>) -> Result<Body, Diagnostic> {
    single(move |args, arena| {
        let Some(text) = args[0].as_str() else { return Ok(None) };
        Ok(Some(arena.text(&text_of(text)?)))
    })
}

/// A body that tests its first text with its second.
pub(super) fn test_of_texts(test: fn(&str, &str) -> bool) -> Result<Body, Diagnostic> {
    single(move |args, _| {
        let (Some(text), Some(other)) = (args[0].as_str(), args[1].as_str()) else {
            return Ok(None);
        };
        Ok(Some(Value::Boolean(test(text, other))))
    })
}

/// A body that gives the count of something in its text.
pub(super) fn count_of_text(count: fn(&str) -> usize) -> Result<Body, Diagnostic> {
    single(move |args, _| {
        let count = args[0].as_str().and_then(|text| i32::try_from(count(text)).ok());
        Ok(count.map(Value::Integer))
    })
}

/// A count or a place.
pub(super) fn integer(value: &Value<'_>) -> Option<i32> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

/// A count that may be negative, as one that is not.
pub(super) fn at_least_none(count: i32) -> usize {
    count.max(0).unsigned_abs() as usize
}

/// The byte where the code point of this index begins, or the end.
pub(super) fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}

/// The index of the code point at a place of ES|QL: from 1, from -1 backwards, 0 the same as 1; never outside.
pub(super) fn index_of_place(text: &str, place: i32) -> usize {
    let distance = place.unsigned_abs() as usize;
    match place {
        0 => 0,
        1.. => (distance - 1).min(text.chars().count()),
        _ => text.chars().count().saturating_sub(distance),
    }
}

/// Java's `Character.isWhitespace`: no blank that does not break a line, but four separators of ASCII.
pub(super) fn is_blank(c: char) -> bool {
    let unbroken = matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    (c.is_whitespace() && !unbroken) || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Fails with a message of Elasticsearch if a text would be longer than [`TEXT_BYTES_MAX`].
pub(super) fn check_length(
    bytes: usize,
    message: impl FnOnce(usize) -> String,
) -> Result<(), Failure> {
    if bytes <= TEXT_BYTES_MAX { Ok(()) } else { Err(Failure::argument(message(TEXT_BYTES_MAX))) }
}

/// Fails if a count is negative.
pub(super) fn check_count(count: i32) -> Result<usize, Failure> {
    usize::try_from(count).map_err(|_| {
        Failure::argument(format!("Number parameter cannot be negative, found [{count}]"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_both_ends_and_stay_inside() {
        let indexes =
            [i32::MIN, -4, -3, -1, 0, 1, 2, 4, i32::MAX].map(|place| index_of_place("é€x", place));
        assert_eq!(indexes, [0, 0, 0, 2, 0, 0, 1, 3, 3]);
    }

    #[test]
    fn blanks_are_those_of_java() {
        for blank in
            [' ', '\t', '\n', '\u{b}', '\u{1c}', '\u{1f}', '\u{1680}', '\u{2003}', '\u{2028}']
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        for other in ['a', '\0', '\u{85}', '\u{a0}', '\u{2007}', '\u{200b}', '\u{202f}'] {
            assert!(!is_blank(other), "{other:?}");
        }
    }
}
