//! `FROM_BASE64`: the text behind Base64.

use super::base64::decode;
use super::characters::new_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "FROM_BASE64",
    aliases: &[],
    doc: "The text that Base64 stands for; padding may be missing. Null with a warning if it cannot be read.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = FROM_BASE64("ZWxhc3RpYw==")"#, result: "elastic" },
        Example { query: r#"ROW a = FROM_BASE64("?")"#, result: "null" },
    ],
    compile: |_| {
        new_text(|text| Ok(String::from_utf8_lossy(&decode(text.as_bytes())?).into_owned()))
    },
};
