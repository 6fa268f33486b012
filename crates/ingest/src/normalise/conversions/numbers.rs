//! Conversions of numbers.

use brokerwatch_ecs::{Value, number};

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "integer",
        doc: "A whole number from text; `0x` marks hexadecimal.",
        run: |value, arena, out| {
            let text = text_of(value, arena).trim();
            let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
            let whole = match hex {
                Some(digits) => i64::from_str_radix(digits, 16).ok(),
                None => number::long_from_text(text),
            };
            out.extend(whole.map(Value::Long));
        },
    },
    Conversion {
        name: "seconds_to_nanoseconds",
        doc: "Seconds with a decimal fraction as whole nanoseconds.",
        run: |value, arena, out| {
            out.extend(decimal_seconds(text_of(value, arena)).map(Value::Long));
        },
    },
];

pub(super) static COMPUTATIONS: &[Computation] = &[Computation {
    name: "sum",
    doc: "The sum of two whole numbers, if both are there.",
    inputs: 2,
    run: |inputs, arena, out| {
        let whole = |value: &Option<Value<'_>>| {
            value.as_ref().and_then(|value| number::long_from_text(text_of(*value, arena)))
        };
        if let [a, b] = inputs
            && let (Some(a), Some(b)) = (whole(a), whole(b))
        {
            out.extend(a.checked_add(b).map(Value::Long));
        }
    },
}];

/// `1.5` seconds as nanoseconds, read as a decimal: a double would lose digits.
pub(super) fn decimal_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        // `1e-05` and its like: written by programs that print doubles.
        let seconds: f64 = text.parse().ok()?;
        let nanoseconds = (seconds * 1e9).round();
        return (nanoseconds.abs() < 9.2e18).then_some(nanoseconds as i64);
    }
    let seconds: i64 = whole.parse().ok()?;
    let mut nanoseconds: i64 = 0;
    for place in 0..9 {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
        nanoseconds = nanoseconds * 10 + digit;
    }
    let total = seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)?;
    Some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{computed, converted};

    #[test]
    fn seconds_keep_all_their_digits() {
        assert_eq!(converted("seconds_to_nanoseconds", "0.076967"), ["76967000"]);
        assert_eq!(
            converted("seconds_to_nanoseconds", "1547188415.857497"),
            ["1547188415857497000"]
        );
        assert_eq!(converted("seconds_to_nanoseconds", "-1.5"), ["-1500000000"]);
        assert_eq!(converted("seconds_to_nanoseconds", "1e-05"), ["10000"]);
        assert!(converted("seconds_to_nanoseconds", "soon").is_empty());
    }

    #[test]
    fn whole_numbers_may_be_hexadecimal() {
        assert_eq!(converted("integer", "0x3e7"), ["999"]);
        assert_eq!(converted("integer", "1883"), ["1883"]);
        assert!(converted("integer", "-").is_empty());
    }

    #[test]
    fn a_sum_needs_both_parts() {
        assert_eq!(computed("sum", &[Some("103"), Some("206")]), ["309"]);
        assert!(computed("sum", &[Some("103"), None]).is_empty());
    }
}
