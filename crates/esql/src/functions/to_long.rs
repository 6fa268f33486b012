//! `TO_LONG`: a value as a whole number of 64 bits.

use super::conversion::{long_from_double, long_from_text, long_from_unsigned};
use super::geometry::Grid;
use super::spatial::cell_number;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT, NUMBER, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_LONG",
    aliases: &[],
    doc: "The value as a long: decimal numbers become the nearest one, true and false 1 and 0, moments their \
          milliseconds or nanoseconds since the epoch, cells of grids the number that Elasticsearch keeps them as. What does not fit 64 bits is null.",
    params: &[param(
        "field",
        TEXT.or(NUMBER).or(MOMENT).or(Types::of(&[
            DataType::Boolean,
            DataType::GeoHash,
            DataType::GeoTile,
        ])),
    )],
    returns: Returns::Always(DataType::Long),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW n = TO_LONG(["2147483648", "2147483648.2", "foo"])"#,
            result: "[2147483648, 2147483648]",
        },
        Example {
            query: r#"ROW n = TO_LONG("1985-11-21T00:00:00.000Z"::date)"#,
            result: "501379200000",
        },
        Example { query: "ROW n = TO_LONG(true)", result: "1" },
        Example { query: r#"ROW n = TO_LONG(TO_GEOHASH("u"))"#, result: "417" },
    ],
    compile: |call| match call.args.first().map(|arg| arg.ty) {
        Some(DataType::GeoHash) => cell_number(Grid::Hash),
        Some(DataType::GeoTile) => cell_number(Grid::Tile),
        _ => single(|args, _| long(args[0]).map(|number| number.map(Value::Long))),
    },
};

/// The value as a long: a number, a moment, a text or true and false.
pub(super) fn long(value: Value<'_>) -> Result<Option<i64>, Failure> {
    match value {
        Value::Boolean(flag) => Ok(i64::from(flag)),
        Value::Integer(number) => Ok(number.into()),
        Value::Long(number) | Value::Date(number) | Value::DateNanos(number) => Ok(number),
        Value::Unsigned(number) => long_from_unsigned(number),
        Value::Double(number) => long_from_double(number),
        Value::Text(text) => long_from_text(text),
        _ => return Ok(None),
    }
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, integer, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn what_fits_and_what_does_not() {
        let unsigned = Constant::one(DataType::UnsignedLong, Scalar::Unsigned(1 << 63));
        let nanos = Constant::one(DataType::DateNanos, Scalar::DateNanos(7));
        for (value, expected) in [
            (integer(-3), Ok(-3)),
            (text("9223372036854775807"), Ok(i64::MAX)),
            (text("-1.5"), Ok(-1)),
            (text("1e19"), Err("Cannot parse number [1e19]")),
            (text("0x10"), Err("Cannot parse number [0x10]")),
            (double(2.5), Ok(3)),
            (double(9_223_372_036_854_775_808.0), Ok(i64::MAX)),
            (double(1e19), Err("[1.0E19] out of [long] range")),
            (unsigned, Err("[9223372036854775808] out of [long] range")),
            (nanos, Ok(7)),
        ] {
            check("TO_LONG", &[value], DataType::Long, expected.map(Scalar::Long));
        }
    }
}
