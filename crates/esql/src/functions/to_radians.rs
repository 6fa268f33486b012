//! `TO_RADIANS`: an angle in radians.

use super::numeric::of_double;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_RADIANS",
    aliases: &[],
    doc: "An angle in degrees as radians.",
    params: &[param("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Each,
    examples: &[Example {
        query: "ROW a = TO_RADIANS([180.0, 0.0])",
        result: "[3.141592653589793, 0.0]",
    }],
    compile: |_| of_double(f64::to_radians),
};
