//! `CBRT`: the cube root.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "CBRT",
    aliases: &[],
    doc: "The cube root of the number, which may be negative.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = CBRT(8)", result: "2.0" },
        Example { query: "ROW a = CBRT(-8.0)", result: "-2.0" },
    ],
    compile: |_| of_double(f64::cbrt),
};
