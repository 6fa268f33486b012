//! `TO_UPPER`: a text in upper case.

use super::characters::new_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_UPPER",
    aliases: &[],
    doc: "The text in upper case, by the rules of no particular language.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW a = TO_UPPER("cmd.exe")"#, result: "CMD.EXE" },
        Example { query: r#"ROW a = TO_UPPER(["a", "ß"])"#, result: "[A, SS]" },
    ],
    compile: |_| new_text(|text| Ok(text.to_uppercase())),
};
