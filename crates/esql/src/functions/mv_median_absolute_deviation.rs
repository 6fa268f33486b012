//! `MV_MEDIAN_ABSOLUTE_DEVIATION`: how far the values of a list lie from their middle.

use super::mv_median::median;
use super::{Call, Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, NUMBER};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_MEDIAN_ABSOLUTE_DEVIATION",
    aliases: &[],
    doc: "The median of the distances between the values of a list and their median. Averages of whole numbers are \
          rounded down.",
    params: &[param("number", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_MEDIAN_ABSOLUTE_DEVIATION([0, 2, 5, 6])", result: "2" },
        Example { query: "ROW a = MV_MEDIAN_ABSOLUTE_DEVIATION(null)", result: "null" },
    ],
    compile: |call: &Call<'_>| {
        let ty = call.returns;
        lists(move |args, _, out| {
            out.extend(deviation(args[0], ty)?);
            Ok(())
        })
    },
};

fn deviation<'v>(values: &[Value<'v>], ty: DataType) -> Result<Option<Value<'v>>, Failure> {
    let Some(middle) = median(values.to_vec(), ty) else { return Ok(None) };
    let distances = values.iter().map(|value| distance(*value, middle));
    Ok(median(distances.collect::<Result<_, _>>()?, ty))
}

fn distance<'v>(value: Value<'v>, middle: Value<'v>) -> Result<Value<'v>, Failure> {
    let overflow = |ty: &str| Failure::arithmetic(format!("{ty} overflow"));
    match (value, middle) {
        (Value::Integer(a), Value::Integer(b)) => {
            i32::try_from(a.abs_diff(b)).map(Value::Integer).map_err(|_| overflow("integer"))
        }
        (Value::Long(a), Value::Long(b)) => {
            i64::try_from(a.abs_diff(b)).map(Value::Long).map_err(|_| overflow("long"))
        }
        (Value::Unsigned(a), Value::Unsigned(b)) => Ok(Value::Unsigned(a.abs_diff(b))),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double((a - b).abs())),
        (value, _) => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn distances_that_do_not_fit_are_told() {
        let values = [i32::MIN, i32::MAX, i32::MAX].map(Scalar::Integer).to_vec();
        let list = Constant { ty: DataType::Integer, values };
        let found = call("MV_MEDIAN_ABSOLUTE_DEVIATION", &[list], DataType::Integer);
        assert_eq!(found, (vec![], vec!["integer overflow".to_owned()]));
    }

    #[test]
    fn distances_of_every_type() {
        for (ty, values, expected) in [
            (DataType::Double, [1.0, 2.0, 4.0].map(Scalar::Double), Scalar::Double(1.0)),
            (DataType::Long, [-5, 0, 7].map(Scalar::Long), Scalar::Long(5)),
            (
                DataType::UnsignedLong,
                [0, u64::MAX, u64::MAX].map(Scalar::Unsigned),
                Scalar::Unsigned(0),
            ),
        ] {
            let list = Constant { ty, values: values.to_vec() };
            let found = call("MV_MEDIAN_ABSOLUTE_DEVIATION", &[list], ty);
            assert_eq!(found, (vec![expected], vec![]));
        }
    }
}
