//! `ST_DISJOINT`: do two shapes share no place?

use super::spatial::{SHAPE, related};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_DISJOINT",
    aliases: &[],
    doc: "Whether two shapes share no place: the opposite of `ST_INTERSECTS`.",
    params: &[param("left", SHAPE), param("right", SHAPE)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = ST_DISJOINT(TO_GEOPOINT("POINT(15 5)"), TO_GEOSHAPE("POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"))"#,
            result: "true",
        },
    ],
    compile: |call| related(call, |left, right| !left.intersects(right)),
};
