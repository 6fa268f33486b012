//! `MD5`: the MD5 digest of a text.

use super::characters::new_text;
use super::digest::{Algorithm, digest};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "MD5",
    aliases: &[],
    doc: "The MD5 digest of the text in UTF-8, as hexadecimal digits.",
    params: &[param("input", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = MD5("hello world")"#,
            result: "5eb63bbbe01eeed093cb22bb8f5acdc3",
        },
        Example { query: "ROW a = MD5(null)", result: "null" },
    ],
    compile: |_| new_text(|text| Ok(digest(Algorithm::Md5, text))),
};
