//! `ATANH`: the area of a hyperbolic tangent.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ATANH",
    aliases: &[],
    doc: "The inverse of the hyperbolic tangent. Null outside of -1 to 1, and at these two.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ATANH(0)", result: "0.0" },
        Example { query: "ROW a = ATANH(1)", result: "null" },
    ],
    compile: |_| of_double_within(|x| -1.0 < x && x < 1.0, "Atanh input out of range", f64::atanh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn the_range_is_open() {
        for (number, expected) in [
            (0.0, Ok(0.0)),
            (-1.0, Err("Atanh input out of range")),
            (1.0, Err("Atanh input out of range")),
        ] {
            check("ATANH", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
