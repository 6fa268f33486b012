//! What the functions of shapes share.

use brokerwatch_expr::Diagnostic;

use super::geometry::{Bounds, Grid, Parts, Shape};
use super::{Arg, Body, Call, single};
use crate::codes;
use crate::types::{DataType, Types};
use crate::value::{Arena, Constant, Value};
use crate::warnings::Failure;

/// Points on the earth and on a plane.
pub(super) const POINT: Types = Types::of(&[DataType::GeoPoint, DataType::CartesianPoint]);

/// Points and shapes.
pub(super) const SHAPE: Types =
    POINT.or(Types::of(&[DataType::GeoShape, DataType::CartesianShape]));

/// Whether the arguments lie on a plane; an error where one does and one lies on the earth.
pub(super) fn one_ground(call: &Call<'_>) -> Result<bool, Diagnostic> {
    let known = call.args.iter().filter(|arg| arg.ty.is_spatial());
    let (flat, round): (Vec<&Arg>, Vec<&Arg>) = known.partition(|arg| arg.ty.is_cartesian());
    match (flat.first(), round.first()) {
        (Some(flat), Some(round)) => {
            let message =
                format!("{} and {} have no place in common", round.ty.name(), flat.ty.name());
            Err(Diagnostic::error(codes::TYPE, call.span, message).help(
                "make both of one kind: `TO_STRING` and then `TO_GEOPOINT` or `TO_CARTESIANPOINT`",
            ))
        }
        (flat, _) => Ok(flat.is_some()),
    }
}

/// The type of the box around a shape.
pub(crate) fn box_type(types: &[DataType]) -> DataType {
    match types.first() {
        Some(ty) if ty.is_cartesian() => DataType::CartesianShape,
        _ => DataType::GeoShape,
    }
}

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

/// The cell of a grid that a point is in; none where it lies outside of the bounds, if there are any.
pub(super) fn grid_cell(grid: Grid) -> Result<Body, Diagnostic> {
    single(move |args, arena| {
        let (Value::Point { lon, lat }, Some(precision)) = (args[0], args[1].as_i64()) else {
            return Ok(None);
        };
        let precision = grid.precision(precision).map_err(Failure::argument)?;
        let cell = grid.cell((lon, lat), precision);
        let bounds =
            args.get(2).and_then(|shape| Shape::of(*shape)).and_then(|shape| shape.bounds());
        let is_inside = bounds.is_none_or(|bounds| bounds.overlaps(cell.bounds()));
        Ok(is_inside.then(|| arena.text(&cell.to_string())))
    })
}

/// A text or a number as a cell of a grid.
pub(super) fn as_cell(grid: Grid) -> Result<Body, Diagnostic> {
    single(move |args, arena| {
        let (cell, written) = match args[0] {
            Value::Text(text) => (grid.parse(text), text.to_owned()),
            number => {
                let number = number.as_i64().unwrap_or_default();
                (grid.of_number(number), number.to_string())
            }
        };
        let cell =
            cell.ok_or_else(|| Failure::argument(format!("Invalid grid cell [{written}]")))?;
        Ok(Some(arena.text(&cell.to_string())))
    })
}

/// The number that Elasticsearch keeps a cell as.
pub(super) fn cell_number(grid: Grid) -> Result<Body, Diagnostic> {
    single(move |args, _| {
        let cell = args[0].as_str().and_then(|text| grid.parse(text));
        Ok(cell.map(|cell| Value::Long(cell.number())))
    })
}

/// A test of two shapes. One that is known is taken apart once.
pub(super) fn related(
    call: &Call<'_>,
    test: fn(&Parts, &Parts) -> bool,
) -> Result<Body, Diagnostic> {
    one_ground(call)?;
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
