//! `TO_IP`: a text as an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use brokerwatch_expr::Diagnostic;

use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::ast::{Constant, Entry, MapValue};
use crate::codes;
use crate::types::{DataType, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_IP",
    aliases: &[],
    doc: "The text as an address. The option `leading_zeros` says what `010` means in an IPv4 address: `reject` (what it \
          means without the option), `decimal` for 10, or `octal` for 8.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::Ip])))],
    returns: Returns::Always(DataType::Ip),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW a = TO_IP(["1.1.1.1", "foo", "::1"])"#, result: "[1.1.1.1, ::1]" },
        Example { query: r#"ROW a = TO_IP("1.1.010.1")"#, result: "null" },
        Example {
            query: r#"ROW a = TO_IP("1.1.010.1", {"leading_zeros": "octal"})"#,
            result: "1.1.8.1",
        },
    ],
    compile,
};

/// What a zero in front of a number of an IPv4 address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeadingZeros {
    Reject,
    Decimal,
    Octal,
}

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let mut zeros = LeadingZeros::Reject;
    for entry in call.options.map(|options| options.entries.as_slice()).unwrap_or_default() {
        zeros = leading_zeros(entry)?;
    }
    single(move |args, _| match args[0] {
        Value::Text(text) => match address(text, zeros) {
            Some(address) => Ok(Some(Value::Ip(address))),
            None => Err(Failure::argument(format!("'{text}' is not an IP string literal."))),
        },
        other => Ok(Some(other)),
    })
}

fn leading_zeros(entry: &Entry) -> Result<LeadingZeros, Diagnostic> {
    if entry.key != "leading_zeros" {
        let message = format!("unknown option `{}` of `TO_IP`", entry.key);
        return Err(Diagnostic::error(codes::ARGUMENT, entry.key_place.0, message)
            .help("the only option is `leading_zeros`"));
    }
    let named = match &entry.value {
        MapValue::Constant(Constant::Text(name)) => name.to_ascii_lowercase(),
        _ => String::new(),
    };
    match named.as_str() {
        "reject" => Ok(LeadingZeros::Reject),
        "decimal" => Ok(LeadingZeros::Decimal),
        "octal" => Ok(LeadingZeros::Octal),
        _ => {
            let message = "unknown value of the option `leading_zeros`";
            Err(Diagnostic::error(codes::ARGUMENT, entry.value_place.0, message)
                .help("the values are \"reject\", \"decimal\" and \"octal\""))
        }
    }
}

fn address(text: &str, zeros: LeadingZeros) -> Option<Ipv6Addr> {
    // The zone of `fe80::1%eth0` says which interface of one host is meant; a column of addresses has no place for it.
    let text = match text.split_once('%') {
        Some((address, zone)) if address.contains(':') && !zone.is_empty() => address,
        _ => text,
    };
    match text.parse() {
        Ok(IpAddr::V4(four)) => Some(four.to_ipv6_mapped()),
        Ok(IpAddr::V6(six)) => Some(six),
        Err(_) if zeros != LeadingZeros::Reject => with_zeros(text, zeros),
        Err(_) => None,
    }
}

/// An IPv4 address with leading zeros.
fn with_zeros(text: &str, zeros: LeadingZeros) -> Option<Ipv6Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        let radix = if zeros == LeadingZeros::Octal && digits.len() < part.len() { 8 } else { 10 };
        *octet = if digits.is_empty() { 0 } else { u8::from_str_radix(digits, radix).ok()? };
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets).to_ipv6_mapped())
}

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;

    use super::*;
    use crate::ast::{Map, Place};
    use crate::functions::Arg;

    #[test]
    fn zeros_mean_what_the_option_says() {
        use LeadingZeros::{Decimal, Octal, Reject};
        for (text, zeros, expected) in [
            ("1.1.1.1", Octal, Some("::ffff:1.1.1.1")),
            ("1.1.010.1", Reject, None),
            ("1.1.010.1", Decimal, Some("::ffff:1.1.10.1")),
            ("1.1.010.0", Octal, Some("::ffff:1.1.8.0")),
            ("0377.0.0.00", Octal, Some("::ffff:255.0.0.0")),
            ("0400.0.0.0", Octal, None),
            ("1.1.08.1", Octal, None),
            ("256.1.1.01", Decimal, None),
            ("1.1.01", Decimal, None),
            ("1.1.1.01.1", Decimal, None),
            ("1..1.01", Decimal, None),
            ("+1.1.1.01", Decimal, None),
            ("::ffff:10.0.0.1", Reject, Some("::ffff:10.0.0.1")),
            ("fe80::1%eth0", Reject, Some("fe80::1")),
            ("fe80::1%", Reject, None),
            ("10.0.0.1%eth0", Reject, None),
            ("1.1.1.1/8", Reject, None),
            ("", Reject, None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(text, zeros), expected, "{text} {zeros:?}");
        }
    }

    #[test]
    fn other_options_and_values_are_refused() {
        for (key, value, code) in [
            ("leading_zeros", "DECIMAL", None),
            ("leading_zeros", "hexadecimal", Some(codes::ARGUMENT)),
            ("zeros", "octal", Some(codes::ARGUMENT)),
        ] {
            let entry = Entry {
                key: key.to_owned(),
                key_place: Place::default(),
                value: MapValue::Constant(Constant::Text(value.to_owned())),
                value_place: Place::default(),
            };
            let map = Map { entries: vec![entry], place: Place::default() };
            let args = [Arg { ty: DataType::Keyword, constant: None, span: Span::default() }];
            let call = Call {
                args: &args,
                returns: DataType::Ip,
                options: Some(&map),
                span: Span::default(), zone: crate::functions::Zone::UTC };
            assert_eq!(compile(&call).err().map(|error| error.code), code, "{key} {value}");
        }
    }
}
