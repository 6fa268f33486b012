//! `MV_MEDIAN`: the value in the middle of a list.

use super::lists::order;
use super::{Call, Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, NUMBER};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_MEDIAN",
    aliases: &[],
    doc: "The value in the middle of a list of numbers. Of an even count it is the average of the two in the middle, \
          rounded down for whole numbers.",
    params: &[param("number", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_MEDIAN([3, 5, 1])", result: "3" },
        Example { query: "ROW a = MV_MEDIAN([3, 7, 1, 6])", result: "4" },
        Example { query: "ROW a = MV_MEDIAN([1.5, 2.0])", result: "1.75" },
    ],
    compile: |call: &Call<'_>| {
        let ty = call.returns;
        lists(move |args, _, out| {
            out.extend(median(args[0].to_vec(), ty));
            Ok(())
        })
    },
};

/// The value in the middle of values of type `ty`.
pub(super) fn median(mut values: Vec<Value<'_>>, ty: DataType) -> Option<Value<'_>> {
    values.sort_unstable_by(|a, b| order(a, b, ty));
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values[values.len() / 2 - 1];
    Some(match (lower, upper) {
        (Value::Integer(a), Value::Integer(b)) => Value::Integer(middle(a.into(), b.into()) as i32),
        (Value::Long(a), Value::Long(b)) => Value::Long(middle(a, b)),
        (Value::Unsigned(a), Value::Unsigned(b)) => Value::Unsigned(u64::midpoint(a, b)),
        (Value::Double(a), Value::Double(b)) => Value::Double(f64::midpoint(a, b)),
        (lower, _) => lower,
    })
}

/// The middle of two longs, rounded down; the standard library's rounds towards zero.
fn middle(a: i64, b: i64) -> i64 {
    (i128::from(a) + i128::from(b)).div_euclid(2) as i64
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn averages_of_two_round_down_and_do_not_overflow() {
        for (ty, a, b, expected) in [
            (DataType::Integer, Scalar::Integer(-4), Scalar::Integer(1), Scalar::Integer(-2)),
            (
                DataType::Integer,
                Scalar::Integer(i32::MAX),
                Scalar::Integer(i32::MAX),
                Scalar::Integer(i32::MAX),
            ),
            (
                DataType::Long,
                Scalar::Long(i64::MIN),
                Scalar::Long(i64::MIN),
                Scalar::Long(i64::MIN),
            ),
            (
                DataType::UnsignedLong,
                Scalar::Unsigned(u64::MAX),
                Scalar::Unsigned(1),
                Scalar::Unsigned(1 << 63),
            ),
            (
                DataType::Double,
                Scalar::Double(f64::MAX),
                Scalar::Double(f64::MAX),
                Scalar::Double(f64::MAX),
            ),
        ] {
            let list = Constant { ty, values: vec![a, b] };
            assert_eq!(call("MV_MEDIAN", &[list], ty), (vec![expected], vec![]));
        }
        let none = Constant { ty: DataType::Long, values: vec![] };
        assert_eq!(call("MV_MEDIAN", &[none], DataType::Long), (vec![], vec![]));
    }
}
