//! `TAU`: twice the number pi.

use super::{Example, Function, Lists, Returns, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "TAU",
    aliases: &[],
    doc: "The circumference of a circle with radius 1.",
    params: &[],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = TAU()", result: "6.283185307179586" }],
    compile: |_| single(|_, _| Ok(Some(Value::Double(std::f64::consts::TAU)))),
};
