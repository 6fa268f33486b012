//! `COPY_SIGN`: a number with the sign of another.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, Types, WHOLE};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "COPY_SIGN",
    aliases: &[],
    doc: "The first number with the sign of the second. The sign of -0.0 is negative.",
    params: &[param("magnitude", WHOLE.or(Types::of(&[DataType::Double]))), param("sign", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = COPY_SIGN(5, -2.5)", result: "-5" },
        Example { query: "ROW a = COPY_SIGN(-1.5, 3)", result: "1.5" },
    ],
    compile: |_| {
        single(|args, _| {
            let Some(sign) = args[1].as_f64() else { return Ok(None) };
            let negative = sign.is_sign_negative();
            Ok(Some(match args[0] {
                Value::Integer(number) if negative == (number < 0) => Value::Integer(number),
                Value::Integer(number) => Value::Integer(number.saturating_neg()),
                Value::Long(number) if negative == (number < 0) => Value::Long(number),
                Value::Long(number) => Value::Long(number.saturating_neg()),
                Value::Double(number) => Value::Double(number.copysign(sign)),
                other => other,
            }))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double, integer};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn signs_of_whole_and_of_decimal_numbers() {
        for (number, sign, expected) in
            [(5, -0.0, -5), (-5, -1.0, -5), (-5, 0.0, 5), (0, -1.0, 0), (i32::MIN, 1.0, i32::MAX)]
        {
            let found = call("COPY_SIGN", &[integer(number), double(sign)], DataType::Integer);
            assert_eq!(found, (vec![Scalar::Integer(expected)], vec![]));
        }
        let (values, _) = call("COPY_SIGN", &[double(0.0), integer(-1)], DataType::Double);
        assert!(matches!(values[..], [Scalar::Double(zero)] if zero.is_sign_negative()));
    }
}
