//! `ENDS_WITH`: whether a text ends with another.

use super::characters::test_of_texts;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "ENDS_WITH",
    aliases: &[],
    doc: "Whether the text ends with the suffix, case counting.",
    params: &[param("string", TEXT), param("suffix", TEXT)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = ENDS_WITH("cmd.exe", ".exe")"#, result: "true" },
        Example { query: r#"ROW a = ENDS_WITH("cmd.EXE", ".exe")"#, result: "false" },
    ],
    compile: |_| test_of_texts(|text, suffix| text.ends_with(suffix)),
};
