//! `TO_LOWER`: a text in lower case.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_LOWER",
    aliases: &[],
    doc: "The text in lower case, by the rules of no particular language.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW a = TO_LOWER("CMD.exe")"#, result: "cmd.exe" },
        Example { query: r#"ROW a = TO_LOWER(["A", "B"])"#, result: "[a, b]" },
    ],
    compile: |_| single(|args, arena| Ok(args[0].as_str().map(|text| arena.text(&text.to_lowercase())))),
};
