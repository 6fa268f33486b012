//! `ST_GEOTILE`: the geotile that a point is in.

use super::geometry::Grid;
use super::spatial::grid_cell;
use super::{Example, Function, Lists, Returns, optional, param};
use crate::types::{DataType, Types, WHOLE};

pub(crate) const FUNCTION: Function = Function {
    name: "ST_GEOTILE",
    aliases: &[],
    doc: "The tile of the map of the web, as its zoom, column and row, that a point is in, for a precision of 0 to 29. With bounds, null for a cell outside of them.",
    params: &[
        param("point", Types::of(&[DataType::GeoPoint])),
        param("precision", WHOLE),
        optional("bounds", Types::of(&[DataType::GeoShape])),
    ],
    returns: Returns::Always(DataType::GeoTile),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW c = ST_GEOTILE(TO_GEOPOINT("POINT(13.4 52.5)"), 12)"#, result: "12/2200/1343" },
        Example { query: r#"ROW c = ST_GEOTILE(TO_GEOPOINT("POINT(13.4 52.5)"), 12, TO_GEOSHAPE("BBOX(-10, 5, 60, 40)"))"#, result: "null" },
    ],
    compile: |_| grid_cell(Grid::Tile),
};
