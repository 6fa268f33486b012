//! Numbers as JSON, Elasticsearch and Java write and read them.

use std::cmp::Ordering;

/// 2^63 as a float: the first double above every long.
const LONG_END: f64 = 9_223_372_036_854_775_808.0;

/// Compares a long with a double without losing digits; `None` for `NaN`.
pub fn compare_long_double(long: i64, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if LONG_END <= double {
        return Some(Ordering::Less);
    }
    if double < -LONG_END {
        return Some(Ordering::Greater);
    }
    let whole = double.trunc();
    Some(match long.cmp(&(whole as i64)) {
        Ordering::Equal => 0.0.partial_cmp(&(double - whole))?,
        other => other,
    })
}

/// Reads text as a long the way a `long` field does: a decimal number, a fraction is cut off.
///
/// `"1883"`, `" 1883"`, `"1883.9"` and `"1.883e3"` are all 1883. Hexadecimal and words are not numbers.
pub fn long_from_text(text: &str) -> Option<i64> {
    let text = text.trim_ascii();
    if let Ok(long) = text.parse::<i64>() {
        return Some(long);
    }
    let double = double_from_text(text)?.trunc();
    (-LONG_END <= double && double < LONG_END).then_some(double as i64)
}

/// Reads text as a double: a decimal number, optionally with fraction and exponent.
pub fn double_from_text(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    // Rust also reads `inf` and `nan`; a document cannot hold them.
    if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|double| double.is_finite())
}

/// A double as Java's `Double.toString` prints it: `2.5`, `3.0`, `1.0E10`.
pub fn java_double(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    let magnitude = double.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let text = format!("{double}");
        return if text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{double:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_double_compare_exactly() {
        assert_eq!(compare_long_double(1 << 53, 9_007_199_254_740_992.0), Some(Ordering::Equal));
        assert_eq!(
            compare_long_double((1 << 53) + 1, 9_007_199_254_740_992.0),
            Some(Ordering::Greater)
        );
        assert_eq!(compare_long_double(-3, -3.5), Some(Ordering::Greater));
        assert_eq!(compare_long_double(i64::MAX, 1e300), Some(Ordering::Less));
        assert_eq!(compare_long_double(0, f64::NAN), None);
    }

    #[test]
    fn longs_read_from_text() {
        for (text, expected) in [
            ("1883", Some(1883)),
            (" 1883 ", Some(1883)),
            ("1883.9", Some(1883)),
            ("1.883e3", Some(1883)),
            ("-0.5", Some(0)),
            ("9223372036854775808", None),
            ("0x10", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(long_from_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn doubles_print_as_java_does() {
        for (double, expected) in [
            (2.5, "2.5"),
            (3.0, "3.0"),
            (0.0, "0.0"),
            (-1.0e10, "-1.0E10"),
            (1.5e-5, "1.5E-5"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (0.001, "0.001"),
        ] {
            assert_eq!(java_double(double), expected);
        }
    }
}
