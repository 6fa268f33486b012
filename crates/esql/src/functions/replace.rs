//! `REPLACE`: a text with the matches of a regular expression replaced.

use std::sync::{Arc, Mutex, PoisonError};

use super::java_regex::JavaRegex;
use super::{Call, Example, Function, Lists, Returns, param, single};
use crate::limits::REPLACE_PATTERNS_MAX;
use crate::types::{DataType, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "REPLACE",
    aliases: &[],
    doc: "The text with every match of a regular expression replaced, in the dialect of Java; `$1` and `${name}` in the \
          replacement are groups. Null with a warning if the expression cannot be read.",
    params: &[param("string", TEXT), param("regex", TEXT), param("newString", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = REPLACE("C:\\Users\\anna\\x.exe", "Users\\\\[^\\\\]+", "Users\\\\?")"#,
            result: r"C:\Users\?\x.exe",
        },
        Example {
            query: r#"ROW a = REPLACE("2026-01-31", "(\\d+)-(\\d+)-(\\d+)", "$3.$2.$1")"#,
            result: "31.01.2026",
        },
        Example { query: r#"ROW a = REPLACE("a", "[", "b")"#, result: "null" },
    ],
    compile: |call: &Call<'_>| {
        let constant = call.text(1).map(compile);
        let computed = Recent::default();
        single(move |args, arena| {
            let (Some(text), Some(pattern), Some(new)) =
                (args[0].as_str(), args[1].as_str(), args[2].as_str())
            else {
                return Ok(None);
            };
            let regex = match &constant {
                Some(known) => known.clone()?,
                None => computed.get(pattern)?,
            };
            Ok(Some(match regex.replace_all(text, new)? {
                Some(replaced) => arena.text(&replaced),
                None => Value::Text(text),
            }))
        })
    },
};

type Compiled = Result<Arc<JavaRegex>, Failure>;

fn compile(pattern: &str) -> Compiled {
    JavaRegex::compile(pattern).map(Arc::new)
}

/// The expressions that rows computed lately, the last one first.
#[derive(Debug, Default)]
struct Recent(Mutex<Vec<(String, Compiled)>>);

impl Recent {
    fn get(&self, pattern: &str) -> Compiled {
        // A thread that panicked while it held the lock left at worst an expression out.
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = recent.iter().position(|(known, _)| known == pattern) {
            recent[..=at].rotate_right(1);
            return recent[0].1.clone();
        }
        let compiled = compile(pattern);
        recent.truncate(REPLACE_PATTERNS_MAX - 1);
        recent.insert(0, (pattern.to_owned(), compiled.clone()));
        compiled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{call, text};
    use crate::value::Scalar;

    #[test]
    fn what_does_not_match_stays() {
        let args = [text("abc"), text("x+"), text("$9")];
        let expected = (vec![Scalar::Text("abc".into())], vec![]);
        assert_eq!(call("REPLACE", &args, DataType::Keyword), expected);
    }

    #[test]
    fn an_expression_that_cannot_be_read_fails_in_the_words_of_java() {
        let args = [text("abc"), text("["), text("")];
        let message = "Unclosed character class near index 0\n[\n^".to_owned();
        assert_eq!(call("REPLACE", &args, DataType::Keyword), (vec![], vec![message]));
    }

    #[test]
    fn the_last_expressions_are_kept() {
        let recent = Recent::default();
        let first = recent.get("0").unwrap();
        for number in 0..REPLACE_PATTERNS_MAX {
            recent.get(&number.to_string()).unwrap();
        }
        assert!(recent.get("(").is_err() && recent.get("(").is_err());
        assert_eq!(recent.0.lock().unwrap().len(), REPLACE_PATTERNS_MAX);
        assert!(!Arc::ptr_eq(&first, &recent.get("0").unwrap()));
        assert!(Arc::ptr_eq(&recent.get("0").unwrap(), &recent.get("0").unwrap()));
    }
}
