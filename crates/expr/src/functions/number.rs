//! `number` (EQL): text as a number.

use brokerwatch_ecs::Value;

use crate::function::{Example, Fallback, Function, Returns, Takes, param};

/// Stands for a base that was not given: base 10, or base 16 after `0x`.
const NO_BASE: i64 = i64::MIN;

pub(crate) const FUNCTION: Function = Function {
    eql: Some("number"),
    esql: None,
    any_case: false,
    params: &[
        param("source", Takes::Text),
        param("base", Takes::Integer).constant().default(Fallback::Long(NO_BASE)),
    ],
    returns: Returns::Number,
    doc: "The number that `source` writes out, in base 10 or `base`; `0x` in front means base 16. Text that is no \
          number is an error of the query.",
    examples: &[
        Example { query: r#"number("1337")"#, event: "{}", result: "1337" },
        Example { query: r#"number("42.5")"#, event: "{}", result: "42.5" },
        Example { query: r#"number("0xdeadbeef")"#, event: "{}", result: "3735928559" },
        Example { query: r#"number("beef", 16)"#, event: "{}", result: "48879" },
        Example { query: "number(process.name)", event: "{}", result: "null" },
    ],
    compile: |_| {
        Ok(Box::new(|args, scratch| {
            let source = args[0].as_str()?;
            let Value::Long(base) = args[1] else { return None };
            let number = parse(source, base);
            if number.is_none() {
                let base = if base == NO_BASE { 10 } else { base };
                scratch.fail(|| format!("Unable to convert [{source}] to number of base [{base}]"));
            }
            number
        }))
    },
};

fn parse(source: &str, base: i64) -> Option<Value<'static>> {
    let (digits, base) = match source.strip_prefix("0x") {
        Some(digits) if base == NO_BASE || base == 16 => (digits, 16),
        _ => (source, if base == NO_BASE { 10 } else { base }),
    };
    let radix = u32::try_from(base).ok().filter(|radix| (2..=36).contains(radix))?;
    if let Ok(whole) = i64::from_str_radix(digits, radix) {
        return Some(Value::Long(whole));
    }
    if radix == 10 { java_double(digits).map(Value::Double) } else { None }
}

/// What Java's `Double.parseDouble` takes, but for hexadecimal floats.
fn java_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "NaN" => return Some(f64::NAN),
        "Infinity" => {
            return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        _ => {}
    }
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let plain = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_java_reads_is_read() {
        for (source, base, expected) in [
            ("-3.25", 10, Some(Value::Double(-3.25))),
            ("52403", 7, Some(Value::Long(12890))),
            ("0x1337", 16, Some(Value::Long(4919))),
            ("0x10", 10, None),
            ("0X10", NO_BASE, None),
            (" 1e3 ", NO_BASE, Some(Value::Double(1000.0))),
            ("99999999999999999999", NO_BASE, Some(Value::Double(1e20))),
            ("12", 1, None),
            ("", NO_BASE, None),
            ("mosquitto", NO_BASE, None),
        ] {
            assert_eq!(parse(source, base), expected, "{source:?} in base {base}");
        }
    }
}
