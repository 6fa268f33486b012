//! Base64, read as leniently, and refused in the same words, as by Java's `Base64.getDecoder()`.
//!
//! Java takes text without padding and disregards the bits beyond the last byte, which decoders of Rust refuse with
//! errors of their own.

use crate::warnings::Failure;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes bytes in Base64, with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = char::from(DIGITS[(bits >> shift & 63) as usize]);
            out.push(if place <= three.len() { digit } else { '=' });
        }
    }
    out
}

/// Reads Base64.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Failure> {
    if text.len() == 1 {
        let message = "Input byte[] should at least have 2 bytes for base64 bytes";
        return Err(Failure::argument(message));
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut digits, mut at) = (0_u32, 0, 0);
    while at < text.len() {
        let byte = text[at];
        at += 1;
        if byte == b'=' {
            at = end_of_padding(text, at, digits)?;
            break;
        }
        bits = bits << 6 | value(byte)?;
        digits += 1;
        if digits == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, digits) = (0, 0);
        }
    }
    match digits {
        1 => return Err(Failure::argument("Last unit does not have enough valid bits")),
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    if at < text.len() {
        let message = format!("Input byte array has incorrect ending byte at {at}");
        return Err(Failure::argument(message));
    }
    Ok(out)
}

/// The place behind the padding whose first `=` ends at `at`, after so many digits of the last four.
fn end_of_padding(text: &[u8], at: usize, digits: usize) -> Result<usize, Failure> {
    match digits {
        2 if text.get(at) == Some(&b'=') => Ok(at + 1),
        1 | 3 => Ok(at),
        _ => Err(Failure::argument("Input byte array has wrong 4-byte ending unit")),
    }
}

fn value(byte: u8) -> Result<u32, Failure> {
    Ok(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return Err(Failure::argument(format!("Illegal base64 character {}", java_hex(byte)))),
    }))
}

/// A byte as Java's signed byte, in hexadecimal digits.
fn java_hex(byte: u8) -> String {
    let signed = i32::from(byte.cast_signed());
    let sign = if signed < 0 { "-" } else { "" };
    format!("{sign}{:x}", signed.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_the_standard() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn what_java_lets_pass_passes() {
        for (text, bytes) in [("Zg", "f"), ("Zm8", "fo"), ("Zm9vYg", "foob"), ("Zh==", "f")] {
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes(), "{text}");
        }
    }

    #[test]
    fn what_java_refuses_is_refused_in_its_words() {
        for (text, message) in [
            ("?", "Input byte[] should at least have 2 bytes for base64 bytes"),
            ("Zm9?", "Illegal base64 character 3f"),
            ("Zm9 ", "Illegal base64 character 20"),
            ("Zm9é", "Illegal base64 character -3d"),
            ("Zm9vY", "Last unit does not have enough valid bits"),
            ("Z=", "Last unit does not have enough valid bits"),
            ("====", "Input byte array has wrong 4-byte ending unit"),
            ("Zg=", "Input byte array has wrong 4-byte ending unit"),
            ("Zg=x", "Input byte array has wrong 4-byte ending unit"),
            ("Zg==Zg==", "Input byte array has incorrect ending byte at 4"),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(Failure::argument(message)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(decode(encode(&bytes).as_bytes()).unwrap(), bytes);
        }
    }
}
