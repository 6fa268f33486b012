//! `concat` (EQL), `CONCAT` (ES|QL): values joined to one text.

use std::fmt;

use brokerwatch_ecs::{Type, Value};

use crate::function::{Example, Function, Returns, Takes, rest};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("concat"),
    esql: Some("CONCAT"),
    any_case: false,
    params: &[rest("values", Takes::Any)],
    returns: Returns::Always(Type::Keyword),
    doc: "The values as text, one after the other; null when any of them is null.",
    examples: &[
        Example {
            query: r#"concat(process.name, " is ", process.pid)"#,
            event: r#"{"process.name": "mosquitto", "process.pid": 4}"#,
            result: r#""mosquitto is 4""#,
        },
        Example { query: r#"concat("a", "||", 1, "||", true)"#, event: "{}", result: r#""a||1||true""# },
        Example { query: r#"concat(process.name, "x")"#, event: "{}", result: "null" },
    ],
    compile: |_| {
        Ok(Box::new(|args, scratch| {
            scratch.format(format_args!("{}", Joined(args))).map(Value::Keyword)
        }))
    },
};

struct Joined<'a, 'e>(&'a [Value<'e>]);

impl fmt::Display for Joined<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|value| value.fmt(f))
    }
}
