//! `ASIN`: the angle of a sine.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ASIN",
    aliases: &[],
    doc: "The angle in radians whose sine is the number, from -pi/2 to pi/2. Null outside of -1 to 1.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ASIN(0)", result: "0.0" },
        Example { query: "ROW a = ASIN(-1.5)", result: "null" },
    ],
    compile: |_| {
        of_double_within(|x| (-1.0..=1.0).contains(&x), "Asin input out of range", f64::asin)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn the_range_is_closed() {
        for (number, expected) in
            [(1.0, Ok(std::f64::consts::FRAC_PI_2)), (1.1, Err("Asin input out of range"))]
        {
            check("ASIN", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
