//! `MV_RLIKE`: does a value of a list match a regular expression?

use super::pattern::{any_value, rlike};
use super::{Call, Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "MV_RLIKE",
    aliases: &[],
    doc: "Whether one of the values matches a regular expression as a whole, as behind `RLIKE`. A list of expressions \
          matches where one of them does. Null has no values, so that the result is never null.",
    params: &[param("field", TEXT), param("pattern", TEXT).constant()],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW a = MV_RLIKE(["sh", "beam"], "b.+")"#, result: "true" },
        Example { query: r#"ROW a = MV_RLIKE(["sh", "beam"], "b")"#, result: "false" },
        Example { query: r#"ROW a = MV_RLIKE(null, ".*")"#, result: "false" },
    ],
    compile: |call: &Call<'_>| any_value(call, rlike),
};
