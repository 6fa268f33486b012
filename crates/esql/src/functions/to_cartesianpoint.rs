//! `TO_CARTESIANPOINT`: a text as a point on a plane.

use super::to_geopoint::as_point;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_CARTESIANPOINT",
    aliases: &[],
    doc: "A text in well-known text, such as `POINT(4297.11 -1475.53)`, as a point on a plane.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::CartesianPoint])))],
    returns: Returns::Always(DataType::CartesianPoint),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW p = TO_CARTESIANPOINT(["POINT(4297.11 -1475.53)", "POINT(7580.93 2272.77)"])"#,
            result: "[POINT (4297.11 -1475.53), POINT (7580.93 2272.77)]",
        },
        Example { query: r#"ROW p = TO_CARTESIANPOINT("nowhere")"#, result: "null" },
    ],
    compile: |_| as_point(),
};
