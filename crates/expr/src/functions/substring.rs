//! `substring` (EQL): a part of a text, by positions, as a Python slice.

use brokerwatch_ecs::{Type, Value};

use super::text::{byte_at, utf16_len};
use crate::function::{Example, Fallback, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("substring"),
    esql: None,
    any_case: false,
    params: &[
        param("source", Takes::Text),
        param("start", Takes::Integer).default(Fallback::Long(0)),
        param("end", Takes::Integer).default(Fallback::Long(i64::MAX)),
    ],
    returns: Returns::Always(Type::Keyword),
    doc: "The text from `start` up to but without `end`; negative positions count from the end.",
    examples: &[
        Example { query: r#"substring("start regsvr32.exe", 6)"#, event: "{}", result: r#""regsvr32.exe""# },
        Example { query: r#"substring("start regsvr32.exe", 0, 5)"#, event: "{}", result: r#""start""# },
        Example { query: r#"substring("start regsvr32.exe", -4)"#, event: "{}", result: r#"".exe""# },
        Example { query: r#"substring("start regsvr32.exe", -4, -1)"#, event: "{}", result: r#"".ex""# },
        Example { query: "substring(process.name, 1)", event: "{}", result: "null" },
    ],
    compile: |_| {
        Ok(Box::new(|args, _| {
            let source = args[0].as_str()?;
            let (Value::Long(start), Value::Long(end)) = (args[1], args[2]) else { return None };
            let length = utf16_len(source);
            let position = |at: i64| if at < 0 { at.saturating_add(length).max(0) } else { at.min(length) };
            let (start, end) = (byte_at(source, position(start)), byte_at(source, position(end)));
            Some(Value::Keyword(if start < end { &source[start..end] } else { "" }))
        }))
    },
};
