//! `MV_PSERIES_WEIGHTED_SUM`: a sum in which later values weigh less.

use super::lists::{finite, sum};
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, NUMBER};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_PSERIES_WEIGHTED_SUM",
    aliases: &[],
    doc: "The sum of a list of numbers, the first one whole and each next one divided by its place to the power of `p`. \
          Sort the list first, so that the greatest values weigh most.",
    params: &[param("number", NUMBER), param("p", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_PSERIES_WEIGHTED_SUM([4.0, 4.0, 9.0], 2)", result: "6.0" },
        Example { query: "ROW a = MV_PSERIES_WEIGHTED_SUM(null, 2)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            out.extend(weighted_sum(args[0], args[1])?);
            Ok(())
        })
    },
};

fn weighted_sum<'v>(values: &[Value<'v>], p: &[Value<'v>]) -> Result<Option<Value<'v>>, Failure> {
    let p = match p {
        [] => return Ok(None),
        [one] => one.as_f64().unwrap_or_default(),
        _ => return Err(Failure::several()),
    };
    if values.is_empty() {
        return Ok(None);
    }
    let places = (1_u32..).map(f64::from);
    let numbers = values.iter().filter_map(Value::as_f64);
    finite(sum(numbers.zip(places).map(|(number, place)| number / place.powf(p)))).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    fn run(values: &[f64], p: f64) -> (Vec<Scalar>, Vec<String>) {
        let values = values.iter().copied().map(Scalar::Double).collect();
        let list = Constant { ty: DataType::Double, values };
        call("MV_PSERIES_WEIGHTED_SUM", &[list, double(p)], DataType::Double)
    }

    #[test]
    fn later_values_weigh_less() {
        let (values, _) = run(&[70.0, 45.0, 21.0, 21.0, 21.0], 1.5);
        let [Scalar::Double(sum)] = values.as_slice() else { panic!("one number: {values:?}") };
        assert!((sum - 94.454_651_562_124_52).abs() < 1e-12, "{sum}");
        assert_eq!(run(&[1.0, 2.0], 0.0).0, [Scalar::Double(3.0)]);
    }

    #[test]
    fn sums_that_are_no_numbers_are_told() {
        let (values, failures) = run(&[1.0, f64::MAX], -2000.0);
        assert_eq!(
            (values, failures),
            (vec![], vec!["not a finite double number: Infinity".to_owned()])
        );
    }
}
