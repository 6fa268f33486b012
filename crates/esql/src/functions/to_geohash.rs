//! `TO_GEOHASH`: a text or a number as a geohash.

use super::geometry::Grid;
use super::spatial::as_cell;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_GEOHASH",
    aliases: &[],
    doc: "A geohash from its text, or from its number as `TO_LONG` gives it.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::Long, DataType::GeoHash])))],
    returns: Returns::Always(DataType::GeoHash),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW c = TO_GEOHASH("u33d")"#, result: "u33d" },
        Example { query: r#"ROW c = TO_GEOHASH("no cell")"#, result: "null" },
    ],
    compile: |_| as_cell(Grid::Hash),
};
