//! `COSH`: the hyperbolic cosine.

use super::numeric::of_double_below;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "COSH",
    aliases: &[],
    doc: "The hyperbolic cosine of a number. Null where it outgrows the doubles.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = COSH(0)", result: "1.0" },
        Example { query: "ROW a = COSH(1000)", result: "null" },
    ],
    compile: |_| of_double_below("cosh overflow", f64::cosh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn it_outgrows_the_doubles() {
        for (number, expected) in [(0.0, Ok(1.0)), (-1000.0, Err("cosh overflow"))] {
            check("COSH", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
