//! `MV_AVG`: the average of a list.

use super::lists::{finite, sum};
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, NUMBER};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_AVG",
    aliases: &[],
    doc: "The average of a list of numbers.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_AVG([3, 5, 1, 6])", result: "3.75" },
        Example { query: "ROW a = MV_AVG(null)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            if !args[0].is_empty() {
                out.push(finite(average(args[0]))?);
            }
            Ok(())
        })
    },
};

#[expect(clippy::cast_precision_loss, reason = "no list has 2^53 values")]
fn average(values: &[Value<'_>]) -> f64 {
    sum(values.iter().filter_map(Value::as_f64)) / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn averages_of_great_numbers_do_not_overflow() {
        for (ty, value, expected) in [
            (DataType::Integer, Scalar::Integer(i32::MAX), 2_147_483_647.0),
            (DataType::Long, Scalar::Long(i64::MIN), -9_223_372_036_854_775_808.0),
            (DataType::UnsignedLong, Scalar::Unsigned(u64::MAX), 18_446_744_073_709_551_616.0),
        ] {
            let list = Constant { ty, values: vec![value.clone(), value] };
            let found = call("MV_AVG", &[list], DataType::Double);
            assert_eq!(found, (vec![Scalar::Double(expected)], vec![]));
        }
    }
}
