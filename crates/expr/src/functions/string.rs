//! `string` (EQL): any value as text.

use brokerwatch_ecs::{Type, Value};

use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("string"),
    esql: None,
    any_case: false,
    params: &[param("value", Takes::Any)],
    returns: Returns::Always(Type::Keyword),
    doc: "The value as text: numbers as Java prints them, addresses and moments in their canonical form.",
    examples: &[
        Example { query: "string(process.pid)", event: r#"{"process.pid": 5}"#, result: r#""5""# },
        Example { query: "string(2.50)", event: "{}", result: r#""2.5""# },
        Example { query: "string(process.pid > 3)", event: r#"{"process.pid": 5}"#, result: r#""true""# },
        Example { query: "string(process.pid)", event: "{}", result: "null" },
    ],
    compile: |_| {
        Ok(Box::new(|args, scratch| match args[0] {
            Value::Keyword(text) | Value::Version(text) => Some(Value::Keyword(text)),
            other => scratch.format(format_args!("{other}")).map(Value::Keyword),
        }))
    },
};
