//! `SQRT`: the square root.

use super::numeric::of_double_within;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "SQRT",
    aliases: &[],
    doc: "The square root of the number. Null for negative ones.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = SQRT(100.0)", result: "10.0" },
        Example { query: "ROW a = SQRT(-4)", result: "null" },
    ],
    compile: |_| of_double_within(|x| 0.0 <= x, "Square root of negative", f64::sqrt),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn negative_numbers_have_none() {
        for (number, expected) in
            [(2.25, Ok(1.5)), (0.0, Ok(0.0)), (-1.0, Err("Square root of negative"))]
        {
            check("SQRT", &[double(number)], DataType::Double, expected.map(Scalar::Double));
        }
    }
}
