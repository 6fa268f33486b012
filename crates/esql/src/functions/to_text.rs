//! `TO_TEXT`: a keyword as text.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_TEXT",
    aliases: &[],
    doc: "The text as type text, which full-text functions search by words.",
    params: &[param("field", TEXT)],
    returns: Returns::Always(DataType::Text),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW t = TO_TEXT("a few words")"#, result: "a few words" },
        Example { query: r#"ROW t = TO_TEXT(["b", "a"])"#, result: "[b, a]" },
    ],
    compile: |_| single(|args, _| Ok(Some(args[0]))),
};
