//! `SHA256`: the SHA-256 digest of a text.

use super::characters::new_text;
use super::digest::{Algorithm, digest};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "SHA256",
    aliases: &[],
    doc: "The SHA-256 digest of the text in UTF-8, as hexadecimal digits.",
    params: &[param("input", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = SHA256("hello world")"#,
            result: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
        },
        Example { query: "ROW a = SHA256(null)", result: "null" },
    ],
    compile: |_| new_text(|text| Ok(digest(Algorithm::Sha256, text))),
};
