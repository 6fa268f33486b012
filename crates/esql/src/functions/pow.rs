//! `POW`: a power.

use super::numeric::finite;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "POW",
    aliases: &[],
    doc: "The base raised to the exponent, as a double. Null where it is no finite number.",
    params: &[param("base", NUMBER), param("exponent", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = POW(2, 10)", result: "1024.0" },
        Example { query: "ROW a = POW(4, 0.5)", result: "2.0" },
        Example { query: "ROW a = POW(-1, 0.5)", result: "null" },
    ],
    compile: |_| {
        single(|args, _| match (args[0].as_f64(), args[1].as_f64()) {
            (Some(base), Some(exponent)) => finite(base.powf(exponent)),
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
    fn what_is_no_finite_number() {
        for (left, right, expected) in [
            (2.0, -1.0, Ok(0.5)),
            (0.0, 0.0, Ok(1.0)),
            (1e200, 2.0, Err("not a finite double number: Infinity")),
            (-1e200, 3.0, Err("not a finite double number: -Infinity")),
            (-1.0, 0.5, Err("not a finite double number: NaN")),
        ] {
            let args = [double(left), double(right)];
            check("POW", &args, DataType::Double, expected.map(Scalar::Double));
        }
    }
}
