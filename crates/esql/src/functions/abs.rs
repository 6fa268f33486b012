//! `ABS`: a number without its sign.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::NUMBER;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "ABS",
    aliases: &[],
    doc: "The number without its sign.",
    params: &[param("number", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ABS(-1.5)", result: "1.5" },
        Example { query: "ROW a = ABS(-3)", result: "3" },
    ],
    compile: |_| {
        single(|args, _| {
            Ok(Some(match args[0] {
                // As in Java, the smallest number is its own, because its opposite does not fit the type.
                Value::Integer(number) => Value::Integer(number.wrapping_abs()),
                Value::Long(number) => Value::Long(number.wrapping_abs()),
                Value::Double(number) => Value::Double(number.abs()),
                other => other,
            }))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn every_type_keeps_itself() {
        for (ty, value, expected) in [
            (DataType::Integer, Scalar::Integer(-3), Scalar::Integer(3)),
            (DataType::Integer, Scalar::Integer(i32::MIN), Scalar::Integer(i32::MIN)),
            (DataType::Long, Scalar::Long(-176_169_600_000), Scalar::Long(176_169_600_000)),
            (DataType::UnsignedLong, Scalar::Unsigned(u64::MAX), Scalar::Unsigned(u64::MAX)),
            (DataType::Double, Scalar::Double(-0.5), Scalar::Double(0.5)),
        ] {
            assert_eq!(call("ABS", &[Constant::one(ty, value)], ty), (vec![expected], vec![]));
        }
    }
}
