//! What the functions of shapes share.

use brokerwatch_expr::Diagnostic;

use super::geometry::{Bounds, Parts, Shape};
use super::{Body, Call, single};
use crate::types::{DataType, Types};
use crate::value::{Arena, Constant, Value};

/// Points and shapes.
pub(super) const SHAPE: Types = Types::of(&[DataType::GeoPoint, DataType::GeoShape]);

/// West, east, north and south of a point or a shape; none of anything else, and of nothing.
pub(crate) fn bounds_of(value: Value<'_>) -> Option<(f64, f64, f64, f64)> {
    let Bounds { west, east, north, south } = Shape::of(value)?.bounds()?;
    Some((west, east, north, south))
}

/// The text of a box: west, east, north, south.
pub(crate) fn box_text(
    (west, east, north, south): (f64, f64, f64, f64),
    arena: &Arena,
) -> Value<'_> {
    Shape::Box(Bounds { west, east, north, south }).value(arena)
}

/// A test of two shapes. One that is known is taken apart once.
pub(super) fn related(
    call: &Call<'_>,
    test: fn(&Parts, &Parts) -> bool,
) -> Result<Body, Diagnostic> {
    let known = |at: usize| {
        let constant = call.args.get(at).and_then(|arg| arg.constant.as_ref());
        constant.and_then(Constant::single).and_then(parts)
    };
    let (left, right) = (known(0), known(1));
    single(move |args, _| {
        let (from_left, from_right);
        let left = match &left {
            Some(left) => left,
            None => {
                from_left = parts(args[0]);
                let Some(parts) = &from_left else { return Ok(None) };
                parts
            }
        };
        let right = match &right {
            Some(right) => right,
            None => {
                from_right = parts(args[1]);
                let Some(parts) = &from_right else { return Ok(None) };
                parts
            }
        };
        Ok(Some(Value::Boolean(test(left, right))))
    })
}

fn parts(value: Value<'_>) -> Option<Parts> {
    Shape::of(value).map(|shape| Parts::of(&shape))
}

/// A number of the box around a shape.
pub(super) fn edge(number: fn(Bounds) -> f64) -> Result<Body, Diagnostic> {
    single(move |args, _| {
        let bounds = Shape::of(args[0]).and_then(|shape| shape.bounds());
        Ok(bounds.map(|bounds| Value::Double(number(bounds))))
    })
}
