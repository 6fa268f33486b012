//! `MV_SUM`: the sum of a list.

use super::lists::{finite, sum};
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::NUMBER;
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_SUM",
    aliases: &[],
    doc: "The sum of a list of numbers, of their type. A sum that this type cannot hold is null, with a warning.",
    params: &[param("number", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_SUM([3, 5, 6])", result: "14" },
        Example { query: "ROW a = MV_SUM(null)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            out.extend(total(args[0])?);
            Ok(())
        })
    },
};

fn total<'v>(values: &[Value<'v>]) -> Result<Option<Value<'v>>, Failure> {
    let overflow = |ty: &str| Failure::arithmetic(format!("{ty} overflow"));
    let Some((first, rest)) = values.split_first() else { return Ok(None) };
    if let Value::Double(_) = first {
        return finite(sum(values.iter().filter_map(Value::as_f64))).map(Some);
    }
    // Added one by one, so that a sum overflows on its way where it does in Elasticsearch.
    let total = rest.iter().try_fold(*first, |total, value| match (total, *value) {
        (Value::Integer(a), Value::Integer(b)) => {
            a.checked_add(b).map(Value::Integer).ok_or_else(|| overflow("integer"))
        }
        (Value::Long(a), Value::Long(b)) => {
            a.checked_add(b).map(Value::Long).ok_or_else(|| overflow("long"))
        }
        (Value::Unsigned(a), Value::Unsigned(b)) => {
            a.checked_add(b).map(Value::Unsigned).ok_or_else(|| overflow("unsigned_long"))
        }
        (total, _) => Ok(total),
    });
    total.map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn sums_that_do_not_fit_are_told() {
        for (ty, values, expected) in [
            (
                DataType::Integer,
                [Scalar::Integer(i32::MAX), Scalar::Integer(1)],
                "integer overflow",
            ),
            (DataType::Long, [Scalar::Long(i64::MIN), Scalar::Long(-1)], "long overflow"),
            (
                DataType::UnsignedLong,
                [Scalar::Unsigned(u64::MAX), Scalar::Unsigned(1)],
                "unsigned_long overflow",
            ),
            (
                DataType::Double,
                [Scalar::Double(f64::MAX), Scalar::Double(f64::MAX)],
                "not a finite double number: Infinity",
            ),
        ] {
            let list = Constant { ty, values: values.to_vec() };
            assert_eq!(call("MV_SUM", &[list], ty), (vec![], vec![expected.to_owned()]));
        }
    }

    #[test]
    fn sums_have_the_type_of_the_values() {
        for (ty, values, expected) in [
            (DataType::Long, vec![Scalar::Long(3), Scalar::Long(-5)], Scalar::Long(-2)),
            (DataType::Double, vec![Scalar::Double(0.1); 10], Scalar::Double(1.0)),
            (DataType::UnsignedLong, vec![Scalar::Unsigned(u64::MAX)], Scalar::Unsigned(u64::MAX)),
        ] {
            let list = Constant { ty, values };
            assert_eq!(call("MV_SUM", &[list], ty), (vec![expected], vec![]));
        }
    }
}
