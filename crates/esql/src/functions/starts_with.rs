//! `STARTS_WITH`: whether a text begins with another.

use super::characters::test_of_texts;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "STARTS_WITH",
    aliases: &[],
    doc: "Whether the text begins with the prefix, case counting.",
    params: &[param("string", TEXT), param("prefix", TEXT)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = STARTS_WITH("C:\\Windows", "C:")"#, result: "true" },
        Example { query: r#"ROW a = STARTS_WITH("c:", "C:")"#, result: "false" },
    ],
    compile: |_| test_of_texts(|text, prefix| text.starts_with(prefix)),
};
