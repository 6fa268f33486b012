//! `EXP`: a power of e.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "EXP",
    aliases: &[],
    doc: "Euler's number raised to the number. Null where it outgrows the doubles.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = EXP(0)", result: "1.0" },
        Example { query: "ROW a = EXP(1000)", result: "null" },
    ],
    compile: |_| of_double(f64::exp),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn it_outgrows_the_doubles() {
        for (number, expected) in [
            (0.0, Ok(1.0)),
            (-1000.0, Ok(0.0)),
            (1000.0, Err("not a finite double number: Infinity")),
        ] {
            check("EXP", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
