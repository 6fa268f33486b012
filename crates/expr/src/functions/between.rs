//! `between` (EQL): the text between two others.

use brokerwatch_ecs::{Type, Value};

use super::text::{Fold, find, find_last};
use crate::function::{Example, Fallback, Function, Returns, Takes, param};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("between"),
    esql: None,
    any_case: true,
    params: &[
        param("source", Takes::Text),
        param("left", Takes::Text),
        param("right", Takes::Text),
        param("greedy", Takes::Boolean).constant().default(Fallback::Boolean(false)),
    ],
    returns: Returns::Always(Type::Keyword),
    doc: "The text after the first `left` up to the first `right` behind it, or with `greedy` up to the last; \
          empty when either is not found.",
    examples: &[
        Example { query: r#"between("welcome to event query", " ", " ")"#, event: "{}", result: r#""to""# },
        Example { query: r#"between("welcome to event query", " ", " ", true)"#, event: "{}", result: r#""to event""# },
        Example { query: r#"between~("System Idle", "s", "E")"#, event: "{}", result: r#""yst""# },
        Example { query: r#"between("abc", "x", "c")"#, event: "{}", result: r#""""# },
        Example { query: r#"between(process.name, "a", "b")"#, event: "{}", result: "null" },
    ],
    compile: |args| {
        // Never pushed down to the index, so folding is always Java's.
        let fold = if args.any_case { Fold::Unicode } else { Fold::None };
        Ok(Box::new(move |args, _| {
            let (source, left, right) = (args[0].as_str()?, args[1].as_str()?, args[2].as_str()?);
            if source.is_empty() || left.is_empty() || right.is_empty() {
                return Some(Value::Keyword(source));
            }
            let greedy = matches!(args[3], Value::Boolean(true));
            let Some((_, start)) = find(source, left, fold) else { return Some(Value::Keyword("")) };
            let rest = &source[start..];
            let end = if greedy { find_last(rest, right, fold) } else { find(rest, right, fold) };
            Some(Value::Keyword(end.map_or("", |(end, _)| &rest[..end])))
        }))
    },
};
