//! `MV_LIKE`: does a value of a list match a pattern with wildcards?

use super::pattern::{any_value, like};
use super::{Call, Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "MV_LIKE",
    aliases: &[],
    doc: "Whether one of the values matches a pattern in which `*` stands for any text and `?` for one character, as \
          behind `LIKE`. A list of patterns matches where one of them does. Null has no values, so that the result is \
          never null.",
    params: &[param("field", TEXT), param("pattern", TEXT).constant()],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW a = MV_LIKE(["sh", "mosquitto_sub"], "mosq*")"#, result: "true" },
        Example { query: r#"ROW a = MV_LIKE(["sh", "beam"], ["?", "be"])"#, result: "false" },
        Example { query: r#"ROW a = MV_LIKE(null, "*")"#, result: "false" },
    ],
    compile: |call: &Call<'_>| any_value(call, like),
};
