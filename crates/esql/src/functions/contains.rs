//! `CONTAINS`: whether a text has another in it.

use super::characters::test_of_texts;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "CONTAINS",
    aliases: &[],
    doc: "Whether the text has the other in it, case counting.",
    params: &[param("string", TEXT), param("substring", TEXT)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = CONTAINS("cmd /c whoami", "/c")"#, result: "true" },
        Example { query: r#"ROW a = CONTAINS("a", "ab")"#, result: "false" },
    ],
    compile: |_| test_of_texts(|text, part| text.contains(part)),
};
