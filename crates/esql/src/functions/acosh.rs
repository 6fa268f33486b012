//! `ACOSH`: the area of a hyperbolic cosine.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ACOSH",
    aliases: &[],
    doc: "The inverse of the hyperbolic cosine. Null below 1.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ACOSH(1)", result: "0.0" },
        Example { query: "ROW a = ACOSH(0.5)", result: "null" },
    ],
    compile: |_| of_double_within(|x| 1.0 <= x, "Acosh input out of range", f64::acosh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn one_is_the_least() {
        for (number, expected) in [
            (1.0, Ok(0.0)),
            (0.99, Err("Acosh input out of range")),
            (-5.0, Err("Acosh input out of range")),
        ] {
            check("ACOSH", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
