//! `TO_UNSIGNED_LONG`: a value as a whole number of 64 bits without a sign.

use super::conversion::{unsigned_from_double, unsigned_from_long, unsigned_from_text};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_UNSIGNED_LONG",
    aliases: &["TO_UL", "TO_ULONG"],
    doc: "The value as an unsigned long: decimal numbers lose their fraction, true and false become 1 and 0, moments \
          their milliseconds since the epoch. What is negative or does not fit 64 bits is null.",
    params: &[param("field", TEXT.or(NUMBER).or(Types::of(&[DataType::Boolean, DataType::Date])))],
    returns: Returns::Always(DataType::UnsignedLong),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW n = TO_UNSIGNED_LONG("18446744073709551615")"#,
            result: "18446744073709551615",
        },
        Example { query: "ROW n = TO_UL([123.9, -1.0])", result: "123" },
    ],
    compile: |_| single(|args, _| unsigned(args[0]).map(|number| number.map(Value::Unsigned))),
};

fn unsigned(value: Value<'_>) -> Result<Option<u64>, Failure> {
    match value {
        Value::Boolean(flag) => Ok(u64::from(flag)),
        Value::Integer(number) => unsigned_from_long(number.into()),
        Value::Long(number) | Value::Date(number) => unsigned_from_long(number),
        Value::Unsigned(number) => Ok(number),
        Value::Double(number) => unsigned_from_double(number),
        Value::Text(text) => unsigned_from_text(text),
        _ => return Ok(None),
    }
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, integer, long, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn what_fits_and_what_does_not() {
        let date = Constant::one(DataType::Date, Scalar::Date(-1));
        for (value, expected) in [
            (integer(5_013_792), Ok(5_013_792)),
            (integer(-2), Err("[-2] out of [unsigned_long] range")),
            (long(i64::MAX), Ok(i64::MAX as u64)),
            (text("9223372036854775808"), Ok(1 << 63)),
            (double(0.9), Ok(0)),
            (double(-0.1), Err("[-0.1] out of [unsigned_long] range")),
            (double(1e20), Err("[1.0E20] out of [unsigned_long] range")),
            (date, Err("[-1] out of [unsigned_long] range")),
        ] {
            check("TO_ULONG", &[value], DataType::UnsignedLong, expected.map(Scalar::Unsigned));
        }
    }
}
