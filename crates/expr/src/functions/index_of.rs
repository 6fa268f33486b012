//! `indexOf` (EQL): where does a text hold another?

use brokerwatch_ecs::{Type, Value};

use super::text::{Fold, byte_at, find, utf16_len};
use crate::function::{Example, Fallback, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("indexOf"),
    esql: None,
    any_case: true,
    params: &[
        param("source", Takes::Text),
        param("part", Takes::Text),
        param("start", Takes::Integer).default(Fallback::Long(0)),
    ],
    returns: Returns::Always(Type::Long),
    doc: "The first position of `part` in `source` at or after `start`, from 0; null when there is none.",
    examples: &[
        Example { query: r#"indexOf("subdomain.example.com", ".")"#, event: "{}", result: "9" },
        Example { query: r#"indexOf("subdomain.example.com", ".", 10)"#, event: "{}", result: "17" },
        Example { query: r#"indexOf("subdomain.example.com", "!")"#, event: "{}", result: "null" },
        Example { query: r#"indexOf(process.name, "a")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        let fold = Fold::of(args);
        Ok(Box::new(move |args, _| {
            let (source, part) = (args[0].as_str()?, args[1].as_str()?);
            let Value::Long(start) = args[2] else { return None };
            let from = byte_at(source, start);
            let (place, _) = find(&source[from..], part, fold)?;
            Some(Value::Long(utf16_len(&source[..from + place])))
        }))
    },
};
