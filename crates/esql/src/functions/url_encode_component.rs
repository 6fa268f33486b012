//! `URL_ENCODE_COMPONENT`: a text for any part of a URL.

use super::characters::new_text;
use super::url::{Blank, encode};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "URL_ENCODE_COMPONENT",
    aliases: &[],
    doc: "The text with every byte but `A-Z a-z 0-9 . - _ ~` written as `%` and two hexadecimal digits.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW a = URL_ENCODE_COMPONENT("a b/c?é")"#,
            result: "a%20b%2Fc%3F%C3%A9",
        },
        Example { query: r#"ROW a = URL_ENCODE_COMPONENT(["+", "a"])"#, result: "[%2B, a]" },
    ],
    compile: |_| new_text(|text| Ok(encode(text, Blank::Percent))),
};
