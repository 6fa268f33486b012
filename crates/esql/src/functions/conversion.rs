//! Conversions between types that more than one function needs, with Elasticsearch's words for what does not convert.

use brokerwatch_ecs::number::java_double;
use brokerwatch_expr::Diagnostic;

use super::date_pattern::{DatePattern, Zone};
use super::numeric::round_half_up;
use super::{Body, Call, single};
use crate::ast::TimeUnit;
use crate::codes;
use crate::parser::UNITS;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// 2^63: the double behind the last long.
const LONG_END: f64 = 9_223_372_036_854_775_808.0;
/// 2^64: the double behind the last unsigned long.
const UNSIGNED_END: f64 = 18_446_744_073_709_551_616.0;
/// Most digits of an unsigned long.
const UNSIGNED_DIGITS_MAX: usize = 20;

/// `[501379200000] out of [integer] range`
pub(super) fn out_of_range(number: impl std::fmt::Display, ty: DataType) -> Failure {
    Failure::invalid(format!("[{number}] out of [{ty}] range"))
}

fn cannot_parse(text: &str) -> Failure {
    Failure::invalid(format!("Cannot parse number [{text}]"))
}

/// The long nearest to a double.
pub(super) fn long_from_double(number: f64) -> Result<i64, Failure> {
    // The end itself is let through and becomes the last long: Elasticsearch compares with that long as a double.
    if number < -LONG_END || LONG_END < number {
        return Err(out_of_range(java_double(number), DataType::Long));
    }
    Ok(round_half_up(number))
}

/// The integer nearest to a double.
pub(super) fn integer_from_double(number: f64) -> Result<i32, Failure> {
    i32::try_from(round_half_up(number))
        .map_err(|_| out_of_range(java_double(number), DataType::Integer))
}

/// The integer that is this whole number.
pub(super) fn integer_from_whole(
    number: impl TryInto<i32> + std::fmt::Display + Copy,
) -> Result<i32, Failure> {
    number.try_into().map_err(|_| out_of_range(number, DataType::Integer))
}

/// The long that is this unsigned one.
pub(super) fn long_from_unsigned(number: u64) -> Result<i64, Failure> {
    number.try_into().map_err(|_| out_of_range(number, DataType::Long))
}

/// The unsigned long that is this one.
pub(super) fn unsigned_from_long(number: i64) -> Result<u64, Failure> {
    number.try_into().map_err(|_| out_of_range(number, DataType::UnsignedLong))
}

/// A double as an unsigned long, its fraction cut off.
#[expect(clippy::cast_sign_loss, reason = "the range is checked")]
pub(super) fn unsigned_from_double(number: f64) -> Result<u64, Failure> {
    if 0.0 <= number && number < UNSIGNED_END {
        return Ok(number as u64);
    }
    Err(out_of_range(java_double(number), DataType::UnsignedLong))
}

/// The integer that a text says, or the one nearest to the decimal number that it says.
pub(super) fn integer_from_text(text: &str) -> Result<i32, Failure> {
    text.parse().or_else(|_| {
        let number = double_of(text).ok_or_else(|| cannot_parse(text))?;
        integer_from_double(number).map_err(|_| cannot_parse(text))
    })
}

/// The long that a text says, or the one nearest to the decimal number that it says.
pub(super) fn long_from_text(text: &str) -> Result<i64, Failure> {
    text.parse().or_else(|_| {
        let number = double_of(text).ok_or_else(|| cannot_parse(text))?;
        long_from_double(number).map_err(|_| cannot_parse(text))
    })
}

/// The double that a text says.
pub(super) fn double_from_text(text: &str) -> Result<f64, Failure> {
    match double_of(text) {
        None => Err(cannot_parse(text)),
        Some(number) if number.is_nan() => {
            Err(Failure::invalid(format!("[{text}] cannot be parsed as a number (NaN)")))
        }
        Some(number) if number.is_infinite() => {
            Err(Failure::invalid(format!("Number [{text}] is too large")))
        }
        Some(number) => Ok(number),
    }
}

/// A double as Java's `Double.parseDouble` reads it, without hexadecimal ones: blanks around it, and one of `d` and `f`
/// behind it.
fn double_of(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "NaN" => return Some(f64::NAN),
        "Infinity" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        "Infinity" => return Some(f64::INFINITY),
        _ => {}
    }
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let fits = |b: u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !digits.bytes().all(fits) {
        return None;
    }
    digits.parse().ok()
}

/// The unsigned long that a text says, the fraction of a decimal number cut off.
pub(super) fn unsigned_from_text(text: &str) -> Result<u64, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let decimal = Decimal::parse(text)
        .map_err(|message| Failure { class: "java.lang.NumberFormatException", message })?;
    decimal
        .whole()
        .ok_or_else(|| Failure::invalid(format!("[{text}] out of [unsigned_long] range")))
}

/// A number written with digits, a point and an exponent, of any size.
struct Decimal {
    negative: bool,
    /// The digits before and behind the point.
    digits: String,
    /// How many of the digits stand before the point; there may be fewer of them, or none.
    point: i64,
}

impl Decimal {
    /// Reads a number; the error is in the words of Java's `BigDecimal`.
    fn parse(text: &str) -> Result<Decimal, String> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        if unsigned.is_empty() {
            let at = text.len();
            return Err(format!("Index {at} out of bounds for length {at}"));
        }
        if let Some(odd) = mantissa.chars().find(|c| !c.is_ascii_digit() && *c != '.') {
            return Err(format!(
                "Character {odd} is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
            ));
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if fraction.contains('.') {
            return Err("Character array contains more than one decimal point.".to_owned());
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err("No digits found.".to_owned());
        }
        let exponent: i32 = match exponent {
            None => 0,
            Some("") => return Err("No exponent digits.".to_owned()),
            Some(exponent) => exponent.parse().map_err(|_| "Not a digit.".to_owned())?,
        };
        Ok(Decimal {
            negative: text.starts_with('-'),
            digits: format!("{whole}{fraction}"),
            point: whole.len() as i64 + i64::from(exponent),
        })
    }

    /// The number without its fraction, if it is an unsigned long.
    fn whole(&self) -> Option<u64> {
        let zeros = self.digits.bytes().take_while(|b| *b == b'0').count();
        let digits = &self.digits[zeros..];
        let count = usize::try_from(self.point - zeros as i64).unwrap_or(0);
        if digits.is_empty() || count == 0 {
            return Some(0);
        }
        if self.negative || UNSIGNED_DIGITS_MAX < count {
            return None;
        }
        format!("{digits:0<count$}")[..count].parse().ok()
    }
}

/// The moment that a text says in the default format `pattern`, in nanoseconds since the epoch. A text
/// that says no zone is of the given one.
pub(super) fn moment_from_text(
    pattern: &DatePattern,
    text: &str,
    zone: &Zone,
) -> Result<i128, Failure> {
    if text.is_empty() {
        return Err(Failure::argument("cannot parse empty datetime"));
    }
    pattern.read(text, zone).ok_or_else(|| {
        let format = pattern.text();
        Failure::argument(format!("failed to parse date field [{text}] with format [{format}]"))
    })
}

/// A built-in format for moments.
pub(super) fn built_in(name: &str, call: &Call<'_>) -> Result<DatePattern, Diagnostic> {
    DatePattern::parse(name).map_err(|reason| Diagnostic::error(codes::ARGUMENT, call.span, reason))
}

/// The body of a conversion to a span of time of type `ty`. The text has to be known, and so is what is wrong with it.
pub(super) fn to_timespan(call: &Call<'_>, ty: DataType) -> Result<Body, Diagnostic> {
    let Some(text) = call.text(0) else {
        return single(|args, _| Ok(Some(args[0])));
    };
    let wrong = |message: String, help: &str| {
        Err(Diagnostic::error(codes::LITERAL, call.span_of(0), message).help(help))
    };
    match timespan(text) {
        Some((found, value)) if found == ty => single(move |_, _| Ok(Some(value))),
        Some((found, _)) => wrong(
            format!("`{text}` is a {found}, not a {ty}"),
            "a date_period has days or more, a time_duration hours or less",
        ),
        None => wrong(
            format!("`{text}` is no {ty}"),
            "write a whole number and a unit, such as \"3 days\" or \"5 minutes\"",
        ),
    }
}

/// The span of time that a text says: a whole number and a unit.
pub(crate) fn timespan(text: &str) -> Option<(DataType, Value<'static>)> {
    let text = text.trim();
    let digits = text.find(|c: char| c.is_ascii_alphabetic() || c == ' ')?;
    let (count, unit) = (text[..digits].parse::<i64>().ok()?, text[digits..].trim_start());
    let named = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(unit));
    let unit = UNITS.iter().find(|(_, names)| named(names)).map(|(unit, _)| *unit)?;
    let duration = |millis: i64| Some(Value::Duration(count.checked_mul(millis)?));
    let months = |months: i64| Some(Value::Period { months: count.checked_mul(months)?, days: 0 });
    let days = |days: i64| Some(Value::Period { months: 0, days: count.checked_mul(days)? });
    let value = match unit {
        TimeUnit::Millisecond => duration(1),
        TimeUnit::Second => duration(1_000),
        TimeUnit::Minute => duration(60_000),
        TimeUnit::Hour => duration(3_600_000),
        TimeUnit::Day => days(1),
        TimeUnit::Week => days(7),
        TimeUnit::Month => months(1),
        TimeUnit::Quarter => months(3),
        TimeUnit::Year => months(12),
    }?;
    let is_duration = matches!(value, Value::Duration(_));
    Some((if is_duration { DataType::TimeDuration } else { DataType::DatePeriod }, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_java_reads_them() {
        for (text, expected) in [
            ("1", Some(1.0)),
            (" 1.5e3\t", Some(1500.0)),
            ("-.5", Some(-0.5)),
            ("5.", Some(5.0)),
            ("1f", Some(1.0)),
            ("1e2D", Some(100.0)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e999", Some(f64::INFINITY)),
            ("", None),
            (".", None),
            ("e1", None),
            ("inf", None),
            ("nan", None),
            ("1 2", None),
            ("f", None),
        ] {
            assert_eq!(double_of(text), expected, "{text:?}");
        }
        assert_eq!(double_from_text("1e999").unwrap_err().message, "Number [1e999] is too large");
        assert_eq!(
            double_from_text("NaN").unwrap_err().message,
            "[NaN] cannot be parsed as a number (NaN)"
        );
    }

    #[test]
    fn unsigned_longs_read_from_decimals_of_any_size() {
        for (text, expected) in [
            ("18446744073709551615", Ok(u64::MAX)),
            ("18446744073709551615.9", Ok(u64::MAX)),
            ("184467440737095516150e-1", Ok(u64::MAX)),
            ("+1.8e3", Ok(1800)),
            ("0.9", Ok(0)),
            ("-0.9", Ok(0)),
            ("-0", Ok(0)),
            ("1e-2147483648", Ok(0)),
            ("000e2147483647", Ok(0)),
            ("0000000000000000000000000000012", Ok(12)),
            ("1e2147483647", Err("[1e2147483647] out of [unsigned_long] range")),
            ("18446744073709551616", Err("[18446744073709551616] out of [unsigned_long] range")),
            ("-1", Err("[-1] out of [unsigned_long] range")),
            ("", Err("Index 0 out of bounds for length 0")),
            (".", Err("No digits found.")),
            ("1.2.3", Err("Character array contains more than one decimal point.")),
            ("1e", Err("No exponent digits.")),
            (
                "foo",
                Err(
                    "Character f is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark.",
                ),
            ),
        ] {
            let found = unsigned_from_text(text).map_err(|failure| failure.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn spans_of_time_read_in_any_case() {
        let period = |months, days| Some((DataType::DatePeriod, Value::Period { months, days }));
        let duration = |millis| Some((DataType::TimeDuration, Value::Duration(millis)));
        for (text, expected) in [
            ("3 DAYS", period(0, 3)),
            ("-2w", period(0, -14)),
            ("1 quarter", period(3, 0)),
            (" 1  year ", period(12, 0)),
            ("5m", duration(300_000)),
            ("9223372036854775807 h", None),
            ("days", None),
            ("1.5 days", None),
            ("1 fortnight", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(timespan(text), expected, "{text:?}");
        }
    }
}
