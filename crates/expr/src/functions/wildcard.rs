//! `wildcard` (EQL): does a text match any of the patterns? Undocumented in Elasticsearch, kept for old queries.

use brokerwatch_ecs::{Type, Value};

use crate::Literal;
use crate::function::{Example, Function, Returns, Takes, param, rest};
use crate::pattern::wildcard::WildcardSet;
use crate::pattern::Case;

pub(crate) const FUNCTION: Function = Function {
    eql: Some("wildcard"),
    esql: None,
    any_case: true,
    params: &[param("source", Takes::Text), rest("patterns", Takes::Text).constant()],
    returns: Returns::Always(Type::Boolean),
    doc: "Returns `true` when `source` matches any of the `patterns`, as `like` does.",
    examples: &[
        Example { query: r#"wildcard(process.name, "mosq*", "x")"#, event: r#"{"process.name": "mosquitto"}"#, result: "true" },
        Example { query: r#"wildcard(process.name, "?osq")"#, event: r#"{"process.name": "mosquitto"}"#, result: "false" },
        Example { query: r#"wildcard(process.name, "mosq*")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        let case = match (args.any_case, args.ascii_case) {
            (false, _) => Case::Sensitive,
            (true, true) => Case::Ascii,
            (true, false) => Case::Unicode,
        };
        let patterns: Vec<String> = args.constants[1..]
            .iter()
            .filter_map(|constant| match constant {
                Some(Literal::Keyword(text)) => Some(text.to_string()),
                _ => None,
            })
            .collect();
        let set = WildcardSet::new(&patterns, case);
        Ok(Box::new(move |args, _| Some(Value::Boolean(set.is_match(args[0].as_str()?)))))
    },
};
