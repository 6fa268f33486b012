//! `TO_DEGREES`: an angle in degrees.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_DEGREES",
    aliases: &[],
    doc: "An angle in radians as degrees.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Each,
    examples: &[Example {
        query: "ROW a = TO_DEGREES([0.0, 1.0])",
        result: "[0.0, 57.29577951308232]",
    }],
    compile: |_| of_double(f64::to_degrees),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn the_greatest_angles_outgrow_the_doubles() {
        for (number, expected) in [
            (1.0, Ok(57.295_779_513_082_32)),
            (f64::MAX, Err("not a finite double number: Infinity")),
        ] {
            check("TO_DEGREES", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
