//! `ST_YMAX`: greatest latitude of a shape.

use super::spatial::{SHAPE, edge};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_YMAX",
    aliases: &[],
    doc: "The greatest latitude of a shape or a point, in degrees.",
    params: &[param("shape", SHAPE)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW a = ST_YMAX(TO_GEOSHAPE("LINESTRING(1 2, 3 5)"))"#,
        result: "5.0",
    }],
    compile: |_| edge(|bounds| bounds.north),
};
