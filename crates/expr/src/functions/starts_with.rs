//! `startsWith` (EQL), `STARTS_WITH` (ES|QL): does a text begin with another?

use brokerwatch_ecs::{Type, Value};

use super::text::{Fold, prefix_bytes};
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("startsWith"),
    esql: Some("STARTS_WITH"),
    any_case: true,
    params: &[param("source", Takes::Text), param("prefix", Takes::Text)],
    returns: Returns::Always(Type::Boolean),
    doc: "Returns `true` when `source` begins with `prefix`; an empty `prefix` always does.",
    examples: &[
        Example { query: r#"startsWith(process.name, "mosq")"#, event: r#"{"process.name": "mosquitto"}"#, result: "true" },
        Example { query: r#"startsWith~(process.name, "MOSQ")"#, event: r#"{"process.name": "mosquitto"}"#, result: "true" },
        Example { query: r#"startsWith(process.name, "MOSQ")"#, event: r#"{"process.name": "mosquitto"}"#, result: "false" },
        Example { query: r#"startsWith(process.name, "mosq")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        let fold = Fold::of(args);
        Ok(Box::new(move |args, _| {
            let (source, prefix) = (args[0].as_str()?, args[1].as_str()?);
            Some(Value::Boolean(prefix_bytes(source, prefix, fold).is_some()))
        }))
    },
};
