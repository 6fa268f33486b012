//! `SHA1`: the SHA-1 digest of a text.

use super::characters::new_text;
use super::digest::{Algorithm, digest};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "SHA1",
    aliases: &[],
    doc: "The SHA-1 digest of the text in UTF-8, as hexadecimal digits.",
    params: &[param("input", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = SHA1("hello world")"#,
            result: "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
        },
        Example { query: "ROW a = SHA1(null)", result: "null" },
    ],
    compile: |_| new_text(|text| Ok(digest(Algorithm::Sha1, text))),
};
