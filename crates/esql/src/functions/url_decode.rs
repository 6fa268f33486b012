//! `URL_DECODE`: the text behind a URL's escapes.

use super::characters::new_text;
use super::url::decode;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "URL_DECODE",
    aliases: &[],
    doc: "The text with `+` read as a blank and `%` with two hexadecimal digits as a byte. Null with a warning if an escape cannot be read.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW a = URL_DECODE("a+b%2Fc%3F%C3%A9")"#, result: "a b/c?é" },
        Example { query: r#"ROW a = URL_DECODE("100%")"#, result: "null" },
    ],
    compile: |_| new_text(decode),
};
