//! `ACOS`: the angle of a cosine.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ACOS",
    aliases: &[],
    doc: "The angle in radians whose cosine is the number, from 0 to pi. Null outside of -1 to 1.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ACOS(1.0)", result: "0.0" },
        Example { query: "ROW a = ACOS(2)", result: "null" },
    ],
    compile: |_| {
        of_double_within(|x| (-1.0..=1.0).contains(&x), "Acos input out of range", f64::acos)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn the_range_is_closed() {
        for (number, expected) in [
            (-1.0, Ok(std::f64::consts::PI)),
            (1.1, Err("Acos input out of range")),
            (-1.1, Err("Acos input out of range")),
        ] {
            check("ACOS", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
