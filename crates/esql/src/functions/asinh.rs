//! `ASINH`: the area of a hyperbolic sine.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ASINH",
    aliases: &[],
    doc: "The inverse of the hyperbolic sine.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = ASINH(0)", result: "0.0" }],
    compile: |_| of_double(f64::asinh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn every_number_has_one() {
        for number in [0.0, 1.0, -2.5, 1e300] {
            let (values, failures) = call("ASINH", &[double(number)], DataType::Double);
            let [Scalar::Double(area)] = values[..] else { panic!("{values:?} {failures:?}") };
            assert!((area - number.asinh()).abs() < 1e-12 && failures.is_empty(), "{number}");
        }
    }
}
