//! One typed value of one field.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;

use crate::{Type, date, number, version};

/// One present, single, typed value. Text borrows from the input or from an arena.
///
/// A missing field has no value at all: it is an empty slice in the event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Keyword(&'a str),
    /// A whole number.
    Long(i64),
    /// A number with a fraction, or too large for a long.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An address; IPv4 stands as `::ffff:a.b.c.d`.
    Ip(Ipv6Addr),
    /// A moment in UTC.
    Date(Timestamp),
    /// A version, as written.
    Version(&'a str),
}

impl<'a> Value<'a> {
    /// The type of this value. Both kinds of date give [`Type::DateNanos`].
    pub fn type_of(&self) -> Type {
        match self {
            Value::Keyword(_) => Type::Keyword,
            Value::Long(_) => Type::Long,
            Value::Double(_) => Type::Double,
            Value::Boolean(_) => Type::Boolean,
            Value::Ip(_) => Type::Ip,
            Value::Date(_) => Type::DateNanos,
            Value::Version(_) => Type::Version,
        }
    }

    /// The text, if the value is text (a version counts as text).
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Value::Keyword(text) | Value::Version(text) => Some(text),
            _ => None,
        }
    }

    /// Order of two values, by value over all number types; `None` if they cannot be compared.
    ///
    /// Text orders by its UTF-8 bytes; `NaN` compares with nothing.
    pub fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Value::Keyword(a), Value::Keyword(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
            (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
            (Value::Long(a), Value::Double(b)) => number::compare_long_double(*a, *b),
            (Value::Double(a), Value::Long(b)) => {
                number::compare_long_double(*b, *a).map(Ordering::reverse)
            }
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Ip(a), Value::Ip(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Version(a) | Value::Keyword(a), Value::Version(b))
            | (Value::Version(a), Value::Keyword(b)) => Some(version::compare(a, b)),
            _ => None,
        }
    }

    /// Reads text as a value of type `ty`; `None` if the text is no such value.
    ///
    /// This is what a mapping does with a JSON string: `"1883"` in a `long` field is the number 1883.
    pub fn from_text(text: &'a str, ty: Type) -> Option<Value<'a>> {
        match ty {
            Type::Keyword | Type::Dynamic => Some(Value::Keyword(text)),
            Type::Long => number::long_from_text(text).map(Value::Long),
            Type::Double => number::double_from_text(text).map(Value::Double),
            Type::Boolean => match text {
                "true" => Some(Value::Boolean(true)),
                "false" | "" => Some(Value::Boolean(false)),
                _ => None,
            },
            Type::Ip => parse_ip(text).map(Value::Ip),
            Type::Date => date::parse(text).map(|span| Value::Date(date::to_millis(span.from))),
            Type::DateNanos => date::parse(text).map(|span| Value::Date(span.from)),
            Type::Version => Some(Value::Version(text)),
            Type::Null => None,
        }
    }
}

/// The text that `string(v)` gives: doubles as Java prints them, dates as ISO 8601.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Keyword(text) | Value::Version(text) => f.write_str(text),
            Value::Long(number) => number.fmt(f),
            Value::Double(number) => f.write_str(&number::java_double(*number)),
            Value::Boolean(flag) => flag.fmt(f),
            Value::Ip(address) => match address.to_ipv4_mapped() {
                Some(short) => short.fmt(f),
                None => address.fmt(f),
            },
            Value::Date(moment) => f.write_str(&date::format(*moment)),
        }
    }
}

/// Reads an IPv4 or IPv6 address into the one 128-bit space.
///
/// ```
/// use brokerwatch_ecs::parse_ip;
/// assert_eq!(parse_ip("10.0.0.1"), parse_ip("::ffff:10.0.0.1"));
/// assert_eq!(parse_ip("10.0.0"), None);
/// ```
pub fn parse_ip(text: &str) -> Option<Ipv6Addr> {
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => Some(address.to_ipv6_mapped()),
        IpAddr::V6(address) => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_small() {
        // Events hold hundreds of them; a wider payload would cost on every record.
        assert_eq!(size_of::<Value<'_>>(), 24);
    }

    #[test]
    fn numbers_compare_by_value_over_types() {
        assert_eq!(Value::Long(3).compare(&Value::Double(3.0)), Some(Ordering::Equal));
        assert_eq!(Value::Double(2.5).compare(&Value::Long(3)), Some(Ordering::Less));
        assert_eq!(Value::Long(3).compare(&Value::Keyword("3")), None);
    }

    #[test]
    fn text_becomes_what_the_field_declares() {
        assert_eq!(Value::from_text("1883", Type::Long), Some(Value::Long(1883)));
        assert_eq!(Value::from_text("mqtt", Type::Long), None);
        assert_eq!(Value::from_text("::1", Type::Ip).unwrap().to_string(), "::1");
        assert_eq!(Value::from_text("::ffff:1.2.3.4", Type::Ip).unwrap().to_string(), "1.2.3.4");
    }
}
