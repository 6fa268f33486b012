//! `LOG10`: the logarithm to base 10.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "LOG10",
    aliases: &[],
    doc: "The logarithm of the number to base 10. Null for 0 and negative numbers.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = LOG10(1000.0)", result: "3.0" },
        Example { query: "ROW a = LOG10(0)", result: "null" },
    ],
    compile: |_| of_double_within(|x| 0.0 < x, "Log of non-positive number", f64::log10),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn only_positive_numbers_have_one() {
        for (number, expected) in [
            (0.1, Ok(-1.0)),
            (0.0, Err("Log of non-positive number")),
            (-1.0, Err("Log of non-positive number")),
        ] {
            check("LOG10", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
