//! `ST_GEOHASH`: the geohash that a point is in.

use super::geometry::Grid;
use super::spatial::grid_cell;
use super::{Example, Function, Lists, Returns, optional, param};
use crate::types::{DataType, Types, WHOLE};

pub(crate) const FUNCTION: Function = Function {
    name: "ST_GEOHASH",
    aliases: &[],
    doc: "The geohash, letters of which each tells more of where it is, that a point is in, for a precision of 1 to 12. With bounds, null for a cell outside of them.",
    params: &[
        param("point", Types::of(&[DataType::GeoPoint])),
        param("precision", WHOLE),
        optional("bounds", Types::of(&[DataType::GeoShape])),
    ],
    returns: Returns::Always(DataType::GeoHash),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW c = ST_GEOHASH(TO_GEOPOINT("POINT(13.4 52.5)"), 4)"#, result: "u33d" },
        Example { query: r#"ROW c = ST_GEOHASH(TO_GEOPOINT("POINT(13.4 52.5)"), 4, TO_GEOSHAPE("BBOX(-10, 5, 60, 40)"))"#, result: "null" },
    ],
    compile: |_| grid_cell(Grid::Hash),
};
