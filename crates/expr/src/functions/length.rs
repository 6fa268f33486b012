//! `length` (EQL), `LENGTH` (ES|QL counts characters and has its own body): how long is a text?

use brokerwatch_ecs::{Type, Value};

use super::text::utf16_len;
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("length"),
    esql: None,
    any_case: false,
    params: &[param("source", Takes::Text)],
    returns: Returns::Always(Type::Long),
    doc: "The length of `source` in UTF-16 units, as Java counts: an emoji counts 2.",
    examples: &[
        Example { query: "length(process.name)", event: r#"{"process.name": "mosquitto"}"#, result: "9" },
        Example { query: "length(process.name)", event: r#"{"process.name": "😀"}"#, result: "2" },
        Example { query: "length(process.name)", event: "{}", result: "null" },
    ],
    compile: |_| Ok(Box::new(|args, _| Some(Value::Long(utf16_len(args[0].as_str()?))))),
};
