//! `ATAN`: the angle of a tangent.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ATAN",
    aliases: &[],
    doc: "The angle in radians whose tangent is the number, from -pi/2 to pi/2.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = ATAN(0)", result: "0.0" }],
    compile: |_| of_double(f64::atan),
};
