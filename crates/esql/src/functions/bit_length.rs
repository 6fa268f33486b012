//! `BIT_LENGTH`: the count of bits of a text.

use super::characters::count_of_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "BIT_LENGTH",
    aliases: &[],
    doc: "The count of bits of a text in UTF-8.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW n = BIT_LENGTH("é€x")"#, result: "48" },
        Example { query: r#"ROW n = BIT_LENGTH("")"#, result: "0" },
    ],
    compile: |_| count_of_text(|text| text.len().saturating_mul(8)),
};
