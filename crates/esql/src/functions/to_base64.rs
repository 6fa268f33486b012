//! `TO_BASE64`: a text in Base64.

use super::base64::encode;
use super::characters::new_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_BASE64",
    aliases: &[],
    doc: "The text in Base64 (RFC 4648, section 4), with padding.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = TO_BASE64("elastic")"#, result: "ZWxhc3RpYw==" },
        Example { query: r#"ROW a = TO_BASE64("")"#, result: "" },
    ],
    compile: |_| new_text(|text| Ok(encode(text.as_bytes()))),
};
