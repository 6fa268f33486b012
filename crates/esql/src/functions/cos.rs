//! `COS`: the cosine of an angle.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "COS",
    aliases: &[],
    doc: "The cosine of an angle in radians.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = COS(0)", result: "1.0" }],
    compile: |_| of_double(f64::cos),
};
