//! `HYPOT`: the length of a hypotenuse.

use super::numeric::finite;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "HYPOT",
    aliases: &[],
    doc: "The square root of the sum of the squares of two numbers.",
    params: &[param("a", NUMBER), param("b", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = HYPOT(3, 4.0)", result: "5.0" }],
    compile: |_| {
        single(|args, _| match (args[0].as_f64(), args[1].as_f64()) {
            (Some(a), Some(b)) => finite(a.hypot(b)),
            _ => Ok(None),
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn it_outgrows_the_doubles() {
        for (left, right, expected) in [
            (-3.0, -4.0, Ok(5.0)),
            (f64::MAX, f64::MAX, Err("not a finite double number: Infinity")),
        ] {
            let args = [double(left), double(right)];
            check("HYPOT", &args, DataType::Double, expected.map(Scalar::Double));
        }
    }
}
