//! `ST_INTERSECTS`: do two shapes share a place?

use super::geometry::Parts;
use super::spatial::{SHAPE, related};
use super::{Example, Function, Lists, Returns, param};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_INTERSECTS",
    aliases: &[],
    doc: "Whether two shapes share a place. Shapes lie on the plane of longitude and latitude, and have their outlines.",
    params: &[param("left", SHAPE), param("right", SHAPE)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = ST_INTERSECTS(TO_GEOPOINT("POINT(5 5)"), TO_GEOSHAPE("POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"))"#,
            result: "true",
        },
    ],
    compile: |call| related(call, Parts::intersects),
};
