//! `URL_ENCODE`: a text for the query of a URL.

use super::characters::new_text;
use super::url::{Blank, encode};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "URL_ENCODE",
    aliases: &[],
    doc: "The text with every byte but `A-Z a-z 0-9 . - _ ~` written as `%` and two hexadecimal digits, and blanks as `+`.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW a = URL_ENCODE("a b/c?é")"#, result: "a+b%2Fc%3F%C3%A9" },
        Example { query: r#"ROW a = URL_ENCODE("A.-_~*")"#, result: "A.-_~%2A" },
    ],
    compile: |_| new_text(|text| Ok(encode(text, Blank::Plus))),
};
