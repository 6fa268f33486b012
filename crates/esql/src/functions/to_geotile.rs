//! `TO_GEOTILE`: a text or a number as a geotile.

use super::geometry::Grid;
use super::spatial::as_cell;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_GEOTILE",
    aliases: &[],
    doc: "A geotile from its text, or from its number as `TO_LONG` gives it.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::Long, DataType::GeoTile])))],
    returns: Returns::Always(DataType::GeoTile),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW c = TO_GEOTILE("12/2200/1343")"#, result: "12/2200/1343" },
        Example { query: r#"ROW c = TO_GEOTILE("1/2/3")"#, result: "null" },
    ],
    compile: |_| as_cell(Grid::Tile),
};
