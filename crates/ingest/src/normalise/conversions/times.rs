//! Conversions of times. All give UTC.

use brokerwatch_ecs::{Timestamp, Value, date};

use super::numbers::decimal_seconds;
use super::{Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "time",
        doc: "ISO 8601 with up to nine digits of fraction; also a blank for the `T`, an offset without colon, and no zone, which is UTC.",
        run: |value, arena, out| {
            out.extend(lenient_iso(text_of(value, arena)).map(Value::Date));
        },
    },
    Conversion {
        name: "epoch_seconds",
        doc: "Seconds since 1970 with a decimal fraction.",
        run: |value, arena, out| {
            let nanoseconds = decimal_seconds(text_of(value, arena));
            let moment = nanoseconds.and_then(|n| Timestamp::from_nanosecond(i128::from(n)).ok());
            out.extend(moment.map(Value::Date));
        },
    },
    Conversion {
        name: "epoch_or_time",
        doc: "Seconds since 1970, or ISO 8601, whichever the text is.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            let moment = decimal_seconds(text)
                .and_then(|n| Timestamp::from_nanosecond(i128::from(n)).ok())
                .or_else(|| lenient_iso(text));
            out.extend(moment.map(Value::Date));
        },
    },
];

/// ISO 8601 as programs write it.
pub(crate) fn lenient_iso(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(span) = date::parse(text) {
        return Some(span.from);
    }
    let mut fixed = text.replacen(' ', "T", 1);
    // `+0200` needs its colon.
    let bytes = fixed.as_bytes();
    if let Some(sign) = fixed.rfind(['+', '-'])
        && 10 < sign
        && bytes.len() - sign == 5
        && bytes[sign + 1..].iter().all(u8::is_ascii_digit)
    {
        fixed.insert(sign + 3, ':');
    }
    // Digits past the ninth are finer than a nanosecond.
    if let Some(point) = fixed.find('.') {
        let digits = fixed[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
        if 9 < digits {
            fixed.replace_range(point + 10..point + 1 + digits, "");
        }
    }
    date::parse(&fixed).map(|span| span.from)
}

#[cfg(test)]
mod tests {
    use super::super::tests::converted;

    #[test]
    fn times_are_utc_with_the_precision_of_the_source() {
        for (text, utc) in [
            ("2022-10-24 17:05:38.123", "2022-10-24T17:05:38.123Z"),
            ("2021-06-06T15:59:46.457984+0200", "2021-06-06T13:59:46.457984000Z"),
            ("2024-08-07T14:40:43.3217277Z", "2024-08-07T14:40:43.321727700Z"),
            ("2024-05-07T18:54:19.341081180Z", "2024-05-07T18:54:19.341081180Z"),
        ] {
            assert_eq!(converted("time", text), [utc], "{text}");
        }
        assert!(converted("time", "yesterday").is_empty());
        assert_eq!(
            converted("epoch_seconds", "1547188415.857497"),
            ["2019-01-11T06:33:35.857497000Z"]
        );
        assert_eq!(
            converted("epoch_or_time", "2019-01-11T06:33:35Z"),
            ["2019-01-11T06:33:35.000Z"]
        );
    }
}
