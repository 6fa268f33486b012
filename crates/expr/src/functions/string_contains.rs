//! `stringContains` (EQL): does a text hold another?

use brokerwatch_ecs::{Type, Value};

use super::text::{Fold, find};
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("stringContains"),
    esql: None,
    any_case: true,
    params: &[param("source", Takes::Text), param("part", Takes::Text)],
    returns: Returns::Always(Type::Boolean),
    doc: "Returns `true` when `part` stands anywhere in `source`; `false` when either is empty.",
    examples: &[
        Example { query: r#"stringContains(process.name, "quit")"#, event: r#"{"process.name": "mosquitto"}"#, result: "true" },
        Example { query: r#"stringContains~(process.name, "QUIT")"#, event: r#"{"process.name": "mosquitto"}"#, result: "true" },
        Example { query: r#"stringContains(process.name, "")"#, event: r#"{"process.name": "mosquitto"}"#, result: "false" },
        Example { query: r#"stringContains(process.name, "quit")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        let fold = Fold::of(args);
        Ok(Box::new(move |args, _| {
            let (source, part) = (args[0].as_str()?, args[1].as_str()?);
            Some(Value::Boolean(!source.is_empty() && !part.is_empty() && find(source, part, fold).is_some()))
        }))
    },
};
