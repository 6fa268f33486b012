//! The escapes of URLs, read and written as Java and Elasticsearch do.

use std::fmt::Write;

use crate::warnings::Failure;

/// How a blank is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    /// `+`, as in queries and forms.
    Plus,
    /// `%20`, as everywhere.
    Percent,
}

/// Writes every byte as an escape but the unreserved ones (RFC 3986, section 2.3).
pub(super) fn encode(text: &str, blank: Blank) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => {
                out.push(byte.into());
            }
            b' ' if blank == Blank::Plus => out.push('+'),
            _ => write!(out, "%{byte:02X}").expect("writing to a `String` does not fail"),
        }
    }
    out
}

/// Reads escapes as Java's `URLDecoder` does, in UTF-8; bytes that are none become U+FFFD.
pub(super) fn decode(text: &str) -> Result<String, Failure> {
    // Java counts UTF-16 units, and so do its messages.
    let units: Vec<u16> = text.encode_utf16().collect();
    if !units.iter().any(|unit| *unit == PLUS || *unit == PERCENT) {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let (mut plain, mut bytes) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < units.len() {
        if units[at] != PERCENT {
            plain.push(if units[at] == PLUS { u16::from(b' ') } else { units[at] });
            at += 1;
            continue;
        }
        out.push_str(&String::from_utf16_lossy(&plain));
        plain.clear();
        while at < units.len() && units[at] == PERCENT {
            let Some(digits) = units.get(at + 1..at + 3) else {
                return Err(Failure::argument(
                    "URLDecoder: Incomplete trailing escape (%) pattern",
                ));
            };
            bytes.push(escaped_byte(digits)?);
            at += 3;
        }
        out.push_str(&String::from_utf8_lossy(&bytes));
        bytes.clear();
    }
    out.push_str(&String::from_utf16_lossy(&plain));
    Ok(out)
}

const PLUS: u16 = b'+' as u16;
const PERCENT: u16 = b'%' as u16;

/// Two digits as Java's `Integer.parseInt` reads them: the first may be a sign.
fn escaped_byte(digits: &[u16]) -> Result<u8, Failure> {
    let text = String::from_utf16_lossy(digits);
    let digit = |at: usize| char::from_u32(digits[at].into()).and_then(|digit| digit.to_digit(16));
    let sign = (digits[0] == PLUS || digits[0] == u16::from(b'-')).then_some(digits[0]);
    let wrong = |at: usize| {
        Failure::argument(format!(
            "URLDecoder: Illegal hex characters in escape (%) pattern - Error at index {at} in: \"{text}\""
        ))
    };
    let high = match sign {
        Some(_) => 0,
        None => digit(0).ok_or_else(|| wrong(0))?,
    };
    let low = digit(1).ok_or_else(|| wrong(1))?;
    if sign == Some(b'-'.into()) && low != 0 {
        return Err(Failure::argument(
            "URLDecoder: Illegal hex characters in escape (%) pattern - negative value",
        ));
    }
    Ok((high * 16 + low) as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_read_as_java_reads_them() {
        for (text, expected) in [
            ("", ""),
            ("plain é", "plain é"),
            ("a+b", "a b"),
            ("%41%42c", "ABc"),
            ("%e2%82%AC€", "€€"),
            ("%F0%9F%98%80😀", "😀😀"),
            ("%ff!", "\u{fffd}!"),
            ("%+a", "\n"),
        ] {
            assert_eq!(decode(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn broken_escapes_fail_in_the_words_of_java() {
        let illegal = "URLDecoder: Illegal hex characters in escape (%) pattern - ";
        for (text, message) in [
            ("%", "URLDecoder: Incomplete trailing escape (%) pattern".to_owned()),
            ("%4", "URLDecoder: Incomplete trailing escape (%) pattern".to_owned()),
            ("a%41%", "URLDecoder: Incomplete trailing escape (%) pattern".to_owned()),
            ("%zz", format!("{illegal}Error at index 0 in: \"zz\"")),
            ("%4z", format!("{illegal}Error at index 1 in: \"4z\"")),
            ("%-1", format!("{illegal}negative value")),
            ("%😀", format!("{illegal}Error at index 0 in: \"😀\"")),
        ] {
            assert_eq!(decode(text).unwrap_err(), Failure::argument(message), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in any::<String>()) {
            prop_assert_eq!(&decode(&encode(&text, Blank::Plus)).unwrap(), &text);
            prop_assert_eq!(&decode(&encode(&text, Blank::Percent)).unwrap(), &text);
        }

        #[test]
        fn no_text_panics(text in "[%+a-f0-9é😀-]{0,12}") {
            let _ = decode(&text);
        }
    }
}
