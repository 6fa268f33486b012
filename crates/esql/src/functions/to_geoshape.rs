//! `TO_GEOSHAPE`: a text as a shape on the earth.

use brokerwatch_expr::Diagnostic;

use super::geometry::Shape;
use super::{Body, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_GEOSHAPE",
    aliases: &[],
    doc: "A text in well-known text, such as `POLYGON((0 0, 1 0, 1 1, 0 0))` with longitudes first, as a shape on the \
          earth; a point is one.",
    params: &[param(
        "field",
        TEXT.or(Types::of(&[DataType::GeoPoint, DataType::GeoShape])),
    )],
    returns: Returns::Always(DataType::GeoShape),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW s = TO_GEOSHAPE("POLYGON((30 10, 40 40, 20 40, 30 10))")"#,
            result: "POLYGON ((30.0 10.0, 40.0 40.0, 20.0 40.0, 30.0 10.0))",
        },
        Example { query: r#"ROW s = TO_GEOSHAPE("here")"#, result: "null" },
    ],
    compile: |_| as_shape(),
};

/// Texts and points as shapes; what is one stays.
pub(super) fn as_shape() -> Result<Body, Diagnostic> {
    single(|args, arena| {
        let shape = match args[0] {
            Value::Text(text) => Shape::parse(text)
                .map_err(|reason| Failure::argument(format!("Failed to parse WKT: {reason}")))?,
            other => match Shape::of(other) {
                Some(shape) => shape,
                None => return Ok(None),
            },
        };
        Ok(Some(shape.value(arena)))
    })
}
