//! `ST_XMIN`: least longitude of a shape.

use super::spatial::{SHAPE, edge};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_XMIN",
    aliases: &[],
    doc: "The least longitude of a shape or a point, in degrees.",
    params: &[param("shape", SHAPE)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW a = ST_XMIN(TO_GEOSHAPE("LINESTRING(1 2, 3 5)"))"#,
        result: "1.0",
    }],
    compile: |_| edge(|bounds| bounds.west),
};
