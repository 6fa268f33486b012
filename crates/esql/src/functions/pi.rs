//! `PI`: the number pi.

use super::{Example, Function, Lists, Returns, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "PI",
    aliases: &[],
    doc: "Half the circumference of a circle with radius 1.",
    params: &[],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = PI()", result: "3.141592653589793" }],
    compile: |_| single(|_, _| Ok(Some(Value::Double(std::f64::consts::PI)))),
};
