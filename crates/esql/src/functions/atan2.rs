//! `ATAN2`: the angle of a point.

use super::numeric::finite;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER};

pub(crate) const FUNCTION: Function = Function {
    name: "ATAN2",
    aliases: &[],
    doc: "The angle in radians, from -pi to pi, between the x axis and the ray to the point (x, y). The y comes first.",
    params: &[param("y", NUMBER), param("x", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ATAN2(0, 1)", result: "0.0" },
        Example { query: "ROW a = ATAN2(0.0, -1.0)", result: "3.141592653589793" },
    ],
    compile: |_| {
        single(|args, _| match (args[0].as_f64(), args[1].as_f64()) {
            (Some(y), Some(x)) => finite(y.atan2(x)),
            _ => Ok(None),
        })
    },
};
