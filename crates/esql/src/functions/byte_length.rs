//! `BYTE_LENGTH`: the count of bytes of a text.

use super::characters::count_of_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "BYTE_LENGTH",
    aliases: &[],
    doc: "The count of bytes of a text in UTF-8.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Integer),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW n = BYTE_LENGTH("é€x")"#, result: "6" },
        Example { query: "ROW n = BYTE_LENGTH(null)", result: "null" },
    ],
    compile: |_| count_of_text(str::len),
};
