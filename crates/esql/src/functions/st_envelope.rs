//! `ST_ENVELOPE`: the smallest box around a shape.

use super::geometry::Shape;
use super::spatial::{SHAPE, box_type};
use super::{Example, Function, Lists, Returns, param, single};

pub(crate) const FUNCTION: Function = Function {
    name: "ST_ENVELOPE",
    aliases: &[],
    doc: "The smallest box around a shape or a point, as `BBOX (west, east, north, south)`: least and greatest x, greatest and \
          least y.",
    params: &[param("shape", SHAPE)],
    returns: Returns::From(box_type),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW a = ST_ENVELOPE(TO_GEOSHAPE("LINESTRING(1 2, 3 5)"))"#,
        result: "BBOX (1.0, 3.0, 5.0, 2.0)",
    }],
    compile: |_| {
        single(|args, arena| {
            let bounds = Shape::of(args[0]).and_then(|shape| shape.bounds());
            Ok(bounds.map(|bounds| Shape::Box(bounds).value(arena)))
        })
    },
};
