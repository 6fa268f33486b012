//! Ranges of enrich policies, as texts: `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `1-1024`, `-5..5`, `2026-01-01..2026-02-01`.
//! Both ends belong to a range, and an end that is left out has no bound.

use brokerwatch_ecs::{date, parse_ip};

use super::address_blocks::block;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// Whether values of a type lie in ranges.
pub(crate) fn holds(ty: DataType) -> bool {
    matches!(
        ty,
        DataType::Ip
            | DataType::Integer
            | DataType::Long
            | DataType::UnsignedLong
            | DataType::Double
            | DataType::Date
            | DataType::DateNanos
    )
}

/// Whether a range holds a value of a type of which [`holds`] is true. A text that is no range of the type is a failure.
pub(crate) fn contains(text: &str, value: Value<'_>, ty: DataType) -> Result<bool, Failure> {
    let text = text.trim();
    if let (Value::Ip(address), true) = (value, text.contains('/')) {
        return Ok(block(text)?.contains(address));
    }
    let unread =
        || Failure::argument(format!("[{text}] is not a range of type [{}]", ty.error_name()));
    let (from, to) = ends(text).ok_or_else(unread)?;
    let from = end(from, ty, false).map_err(|()| unread())?;
    let to = end(to, ty, true).map_err(|()| unread())?;
    let order = |bound: Option<Value<'_>>| bound.and_then(|bound| value.compare(&bound, ty));
    Ok(order(from).is_none_or(std::cmp::Ordering::is_ge)
        && order(to).is_none_or(std::cmp::Ordering::is_le))
}

/// The two ends as they are written. A `-` between them is none that begins a number.
fn ends(text: &str) -> Option<(&str, &str)> {
    if let Some(ends) = text.split_once("..") {
        return Some(ends);
    }
    let start = text.chars().next()?.len_utf8();
    match text[start..].find('-') {
        Some(at) => Some((&text[..start + at], &text[start + at + 1..])),
        None => Some((text, text)),
    }
}

/// An end as a value; none where it is left out. The last moment of a day is where a range to that day ends.
fn end(text: &str, ty: DataType, last: bool) -> Result<Option<Value<'static>>, ()> {
    let text = text.trim();
    if text.is_empty() || text == "*" {
        return Ok(None);
    }
    value(text, ty, last).map(Some).ok_or(())
}

fn value(text: &str, ty: DataType, last: bool) -> Option<Value<'static>> {
    Some(match ty {
        DataType::Ip => Value::Ip(parse_ip(text)?),
        DataType::Date | DataType::DateNanos => {
            let moment = date::parse(text)?;
            let moment = if last { moment.to } else { moment.from };
            Value::DateNanos(i64::try_from(moment.as_nanosecond()).ok()?)
        }
        _ => match text.parse::<i64>() {
            Ok(number) => Value::Long(number),
            Err(_) => Value::Double(text.parse().ok().filter(|number: &f64| !number.is_nan())?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_both_its_ends() {
        let number = Value::Long;
        let ip = |text: &str| Value::Ip(parse_ip(text).unwrap());
        let day = |text: &str| Value::Date(date::parse(text).unwrap().from.as_millisecond());
        for (range, value, ty, held) in [
            ("1-1024", number(1), DataType::Long, true),
            ("1-1024", number(1024), DataType::Long, true),
            ("1-1024", number(1025), DataType::Long, false),
            ("-5..-1", number(-3), DataType::Long, true),
            ("-5--1", number(-3), DataType::Long, true),
            ("80", number(80), DataType::Long, true),
            ("80", number(81), DataType::Long, false),
            ("1024..", number(70_000), DataType::Long, true),
            ("0.5-1.5", Value::Double(1.0), DataType::Double, true),
            ("10.0.0.0/8", ip("10.1.2.3"), DataType::Ip, true),
            ("10.0.0.0/8", ip("11.1.2.3"), DataType::Ip, false),
            ("10.0.0.1-10.0.0.9", ip("10.0.0.9"), DataType::Ip, true),
            ("fe80::/10", ip("fe80::1"), DataType::Ip, true),
            ("2026-01-01..2026-02-01", day("2026-01-15"), DataType::Date, true),
            ("2026-01-01..2026-02-01", day("2026-03-15"), DataType::Date, false),
        ] {
            assert_eq!(contains(range, value, ty), Ok(held), "{range} {value:?}");
        }
    }

    #[test]
    fn what_is_no_range_fails() {
        for (range, ty) in [
            ("", DataType::Long),
            ("a-b", DataType::Long),
            ("10.0.0.0/40", DataType::Ip),
            ("x", DataType::Date),
        ] {
            let value = if ty == DataType::Ip {
                Value::Ip(parse_ip("10.0.0.1").unwrap())
            } else {
                Value::Long(1)
            };
            assert!(contains(range, value, ty).is_err(), "{range}");
        }
    }
}
