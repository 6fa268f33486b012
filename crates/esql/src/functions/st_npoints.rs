//! `ST_NPOINTS`: how many places a shape is drawn with.

use super::geometry::Shape;
use super::spatial::SHAPE;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_NPOINTS",
    aliases: &[],
    doc: "How many places a shape is drawn with; the first place of a ring, which is its last one, counts twice.",
    params: &[param("shape", SHAPE)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW a = ST_NPOINTS(TO_GEOSHAPE("LINESTRING(1 2, 3 5, 4 4)"))"#,
        result: "3",
    }],
    compile: |_| {
        single(|args, _| {
            let count = Shape::of(args[0]).and_then(|shape| shape.places().len().try_into().ok());
            Ok(count.map(Value::Integer))
        })
    },
};
