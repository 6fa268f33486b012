//! `TRIM`: a text without blanks at both ends.

use super::characters::{is_blank, part_of_text};
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "TRIM",
    aliases: &[],
    doc: "The text without the blanks at its beginning and its end.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = CONCAT("<", TRIM("  a b  "), ">")"#, result: "<a b>" },
        Example { query: r#"ROW n = LENGTH(TRIM("  "))"#, result: "0" },
    ],
    compile: |_| part_of_text(|text| text.trim_matches(is_blank)),
};
