//! `E`: Euler's number.

use super::{Example, Function, Lists, Returns, single};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "E",
    aliases: &[],
    doc: "Euler's number.",
    params: &[],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[Example { query: "ROW a = E()", result: "2.718281828459045" }],
    compile: |_| single(|_, _| Ok(Some(Value::Double(std::f64::consts::E)))),
};
