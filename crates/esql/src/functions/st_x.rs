//! `ST_X`: the longitude of a point.

use super::spatial::POINT;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_X",
    aliases: &[],
    doc: "The longitude of a point in degrees, or the x of one on a plane.",
    params: &[param("point", POINT)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW n = ST_X(TO_GEOPOINT("POINT(42.97109630194 14.7552534413725)"))"#,
        result: "42.97109630194",
    }],
    compile: |_| {
        single(|args, _| match args[0] {
            Value::Point { lon, .. } => Ok(Some(Value::Double(lon))),
            _ => Ok(None),
        })
    },
};
