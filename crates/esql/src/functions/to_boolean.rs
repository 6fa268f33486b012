//! `TO_BOOLEAN`: a value as true or false.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, TEXT, Types};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_BOOLEAN",
    aliases: &["TO_BOOL"],
    doc: "The value as true or false: the text `true` in any case is true and every other text false; 0 is false and \
          every other number true.",
    params: &[param("field", TEXT.or(NUMBER).or(Types::of(&[DataType::Boolean])))],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW b = TO_BOOLEAN(["true", "TRUE", "yes"])"#,
            result: "[true, true, false]",
        },
        Example { query: "ROW b = TO_BOOLEAN([0, -2])", result: "[false, true]" },
    ],
    compile: |_| single(|args, _| Ok(boolean(args[0]).map(Value::Boolean))),
};

fn boolean(value: Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(flag) => Some(flag),
        Value::Text(text) => Some(text.eq_ignore_ascii_case("true")),
        other => other.as_f64().map(|number| number != 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double, integer, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn texts_and_numbers() {
        for (value, expected) in [
            (text("tRuE"), true),
            (text(" true"), false),
            (text(""), false),
            (integer(i32::MIN), true),
            (double(-0.0), false),
            (double(1e-300), true),
            (Constant::one(DataType::UnsignedLong, Scalar::Unsigned(u64::MAX)), true),
            (Constant::one(DataType::Boolean, Scalar::Boolean(true)), true),
        ] {
            let found = call("TO_BOOL", &[value], DataType::Boolean);
            assert_eq!(found, (vec![Scalar::Boolean(expected)], vec![]));
        }
    }
}
