//! `ST_WITHIN`: does a shape lie in another?

use super::geometry::Parts;
use super::spatial::{SHAPE, related};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_WITHIN",
    aliases: &[],
    doc: "Whether every place of the first shape is one of the second.",
    params: &[param("left", SHAPE), param("right", SHAPE)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = ST_WITHIN(TO_GEOPOINT("POINT(5 5)"), TO_GEOSHAPE("POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"))"#,
            result: "true",
        },
    ],
    compile: |call| related(call, Parts::is_within),
};
