//! `ST_Y`: the latitude of a point.

use super::spatial::POINT;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_Y",
    aliases: &[],
    doc: "The latitude of a point in degrees, or the y of one on a plane.",
    params: &[param("point", POINT)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW n = ST_Y(TO_GEOPOINT("POINT(42.97109630194 14.7552534413725)"))"#,
        result: "14.7552534413725",
    }],
    compile: |_| {
        single(|args, _| match args[0] {
            Value::Point { lat, .. } => Ok(Some(Value::Double(lat))),
            _ => Ok(None),
        })
    },
};
