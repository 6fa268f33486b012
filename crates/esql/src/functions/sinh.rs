//! `SINH`: the hyperbolic sine.

use super::numeric::of_double_below;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "SINH",
    aliases: &[],
    doc: "The hyperbolic sine of a number. Null where it outgrows the doubles.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = SINH(0)", result: "0.0" },
        Example { query: "ROW a = SINH(-1000)", result: "null" },
    ],
    compile: |_| of_double_below("sinh overflow", f64::sinh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn it_outgrows_the_doubles() {
        for (number, expected) in [(0.0, Ok(0.0)), (-1000.0, Err("sinh overflow"))] {
            check("SINH", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
