//! One typed value of one field.

use std::cmp::Ordering;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

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
    match four_octets(text) {
        Some(octets) => Some(Ipv4Addr::from(octets).to_ipv6_mapped()),
        // IPv4 was tried.
        None => text.parse().ok(),
    }
}

/// An IPv4 address as it is usually written, four decimal octets without leading zeros (as in RFC 6943, section 3.1.1).
/// The parser of the standard library takes five times as long, and nearly all addresses of telemetry come here.
fn four_octets(text: &str) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let mut rest = text.as_bytes();
    for (place, octet) in octets.iter_mut().enumerate() {
        let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, behind) = rest.split_at_checked(digits)?;
        if number.is_empty() || (1 < digits && number[0] == b'0') {
            return None;
        }
        let value = number.iter().fold(0_u16, |value, digit| value * 10 + u16::from(digit - b'0'));
        *octet = u8::try_from(value).ok()?;
        rest = if place == 3 { behind } else { behind.strip_prefix(b".")? };
    }
    rest.is_empty().then_some(octets)
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
    fn addresses_are_those_of_the_standard_library() {
        let mut texts: Vec<String> = [
            "",
            ".",
            "1",
            "1.2.3",
            "1.2.3.4",
            "1.2.3.4.",
            ".1.2.3.4",
            "1.2.3.4.5",
            "0.0.0.0",
            "00.0.0.0",
            "01.2.3.4",
            "1.2.3.04",
            "255.255.255.255",
            "256.1.1.1",
            "1.1.1.256",
            "999.1.1.1",
            "1000.1.1.1",
            "1..2.3",
            "1.2.3.4 ",
            " 1.2.3.4",
            "-1.2.3.4",
            "+1.2.3.4",
            "1.2.3.4/8",
            "1.2.3.a",
            "١.2.3.4",
            "::1",
            "::",
            "::ffff:1.2.3.4",
            "fe80::1%eth0",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
        ]
        .map(str::to_owned)
        .to_vec();
        texts.extend((0..=300).map(|octet| format!("{octet}.1.{octet}.9")));
        for text in texts {
            let expected = text.parse::<std::net::IpAddr>().ok().map(|address| match address {
                std::net::IpAddr::V4(short) => short.to_ipv6_mapped(),
                std::net::IpAddr::V6(long) => long,
            });
            assert_eq!(parse_ip(&text), expected, "{text}");
        }
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
