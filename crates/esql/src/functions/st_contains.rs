//! `ST_CONTAINS`: does a shape hold another?

use super::spatial::{SHAPE, related};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_CONTAINS",
    aliases: &[],
    doc: "Whether every place of the second shape is one of the first: the opposite direction of `ST_WITHIN`.",
    params: &[param("left", SHAPE), param("right", SHAPE)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = ST_CONTAINS(TO_GEOPOINT("POINT(5 5)"), TO_GEOSHAPE("POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"))"#,
            result: "false",
        },
    ],
    compile: |call| related(call, |left, right| right.is_within(left)),
};
