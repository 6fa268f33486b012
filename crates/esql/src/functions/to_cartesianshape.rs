//! `TO_CARTESIANSHAPE`: a text as a shape on a plane.

use super::to_geoshape::as_shape;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_CARTESIANSHAPE",
    aliases: &[],
    doc: "A text in well-known text, such as `POLYGON((0 0, 1 0, 1 1, 0 0))`, as a shape on a plane; a point on a plane is \
          one.",
    params: &[param(
        "field",
        TEXT.or(Types::of(&[DataType::CartesianPoint, DataType::CartesianShape])),
    )],
    returns: Returns::Always(DataType::CartesianShape),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW s = TO_CARTESIANSHAPE("POLYGON((3339 1118, 4452 4865, 2226 4865, 3339 1118))")"#,
            result: "POLYGON ((3339.0 1118.0, 4452.0 4865.0, 2226.0 4865.0, 3339.0 1118.0))",
        },
        Example { query: r#"ROW s = TO_CARTESIANSHAPE("here")"#, result: "null" },
    ],
    compile: |_| as_shape(),
};
