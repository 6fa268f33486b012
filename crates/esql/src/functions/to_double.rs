//! `TO_DOUBLE`: a value as a float of 64 bits.

use super::conversion::double_from_text;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_DOUBLE",
    aliases: &["TO_DBL"],
    doc: "The value as a double: true and false become 1.0 and 0.0, moments their milliseconds since the epoch. A text \
          that is no number is null.",
    params: &[param("field", TEXT.or(NUMBER).or(Types::of(&[DataType::Boolean, DataType::Date])))],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW n = TO_DOUBLE(["5.20128E11", "foo"])"#, result: "5.20128E11" },
        Example { query: "ROW n = TO_DOUBLE([1, 2])", result: "[1.0, 2.0]" },
    ],
    compile: |_| single(|args, _| double(args[0]).map(|number| number.map(Value::Double))),
};

#[expect(clippy::cast_precision_loss, reason = "Java widens a long to a double the same way")]
fn double(value: Value<'_>) -> Result<Option<f64>, Failure> {
    match value {
        Value::Boolean(flag) => Ok(Some(f64::from(u8::from(flag)))),
        Value::Date(millis) => Ok(Some(millis as f64)),
        Value::Text(text) => double_from_text(text).map(Some),
        other => Ok(other.as_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, long, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn numbers_texts_and_moments() {
        for (value, expected) in [
            (long(-5), Ok(-5.0)),
            (text("-1.5e2"), Ok(-150.0)),
            (text("foo"), Err("Cannot parse number [foo]")),
            (text("1e999"), Err("Number [1e999] is too large")),
            (Constant::one(DataType::Date, Scalar::Date(520_128_000_000)), Ok(5.201_28e11)),
            (Constant::one(DataType::Boolean, Scalar::Boolean(false)), Ok(0.0)),
            (
                Constant::one(DataType::UnsignedLong, Scalar::Unsigned(1 << 63)),
                Ok(9_223_372_036_854_775_808.0),
            ),
        ] {
            check("TO_DBL", &[value], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
