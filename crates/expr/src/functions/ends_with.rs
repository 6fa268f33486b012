//! `endsWith` (EQL), `ENDS_WITH` (ES|QL): does a text end with another?

use brokerwatch_ecs::{Type, Value};

use super::text::{self, Fold};
use crate::function::{Example, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("endsWith"),
    esql: Some("ENDS_WITH"),
    any_case: true,
    params: &[param("source", Takes::Text), param("suffix", Takes::Text)],
    returns: Returns::Always(Type::Boolean),
    doc: "Returns `true` when `source` ends with `suffix`; an empty `suffix` always does.",
    examples: &[
        Example { query: r#"endsWith(file.name, ".exe")"#, event: r#"{"file.name": "a.exe"}"#, result: "true" },
        Example { query: r#"endsWith~(file.name, ".EXE")"#, event: r#"{"file.name": "a.exe"}"#, result: "true" },
        Example { query: r#"endsWith(file.name, ".dll")"#, event: r#"{"file.name": "a.exe"}"#, result: "false" },
        Example { query: r#"endsWith(file.name, ".exe")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        let fold = Fold::of(args);
        Ok(Box::new(move |args, _| {
            let (source, suffix) = (args[0].as_str()?, args[1].as_str()?);
            Some(Value::Boolean(text::ends_with(source, suffix, fold)))
        }))
    },
};
