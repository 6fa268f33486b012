//! `TANH`: the hyperbolic tangent.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "TANH",
    aliases: &[],
    doc: "The hyperbolic tangent of a number, from -1 to 1.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = TANH(0)", result: "0.0" },
        Example { query: "ROW a = TANH(1000)", result: "1.0" },
    ],
    compile: |_| of_double(f64::tanh),
};
