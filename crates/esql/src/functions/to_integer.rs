//! `TO_INTEGER`: a value as a whole number of 32 bits.

use super::conversion::{integer_from_double, integer_from_text, integer_from_whole};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_INTEGER",
    aliases: &["TO_INT"],
    doc: "The value as an integer: decimal numbers become the nearest one, true and false 1 and 0, moments their \
          milliseconds since the epoch. What does not fit 32 bits is null.",
    params: &[param("field", TEXT.or(NUMBER).or(Types::of(&[DataType::Boolean, DataType::Date])))],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW n = TO_INTEGER("-12")"#, result: "-12" },
        Example { query: "ROW n = TO_INTEGER([1.4, 1.5])", result: "[1, 2]" },
        Example { query: r#"ROW n = TO_INTEGER(["7", "foo"])"#, result: "7" },
        Example { query: "ROW n = TO_INTEGER(501379200000)", result: "null" },
    ],
    compile: |_| single(|args, _| integer(args[0]).map(|number| number.map(Value::Integer))),
};

fn integer(value: Value<'_>) -> Result<Option<i32>, Failure> {
    match value {
        Value::Boolean(flag) => Ok(i32::from(flag)),
        Value::Integer(number) => Ok(number),
        Value::Long(number) | Value::Date(number) => integer_from_whole(number),
        Value::Unsigned(number) => integer_from_whole(number),
        Value::Double(number) => integer_from_double(number),
        Value::Text(text) => integer_from_text(text),
        _ => return Ok(None),
    }
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, long, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn what_fits_and_what_does_not() {
        let date = Constant::one(DataType::Date, Scalar::Date(1_000));
        let unsigned = Constant::one(DataType::UnsignedLong, Scalar::Unsigned(u64::MAX));
        for (value, expected) in [
            (text("+5"), Ok(5)),
            (text("2147483647.2"), Ok(i32::MAX)),
            (text("1e3"), Ok(1_000)),
            (text("2147483648"), Err("Cannot parse number [2147483648]")),
            (text(""), Err("Cannot parse number []")),
            (long(2_147_483_648), Err("[2147483648] out of [integer] range")),
            (unsigned, Err("[18446744073709551615] out of [integer] range")),
            (double(-0.5), Ok(0)),
            (double(1e19), Err("[1.0E19] out of [integer] range")),
            (date, Ok(1_000)),
        ] {
            check("TO_INT", &[value], DataType::Integer, expected.map(Scalar::Integer));
        }
    }
}
