//! `SPACE`: a text of blanks.

use super::characters::{COUNT, check_count, check_length, integer};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::DataType;

pub(crate) const FUNCTION: Function = Function {
    name: "SPACE",
    aliases: &[],
    doc: "A text of so many blanks.",
    params: &[param("number", COUNT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = CONCAT("a", SPACE(2), "b")"#, result: "a  b" },
        Example { query: "ROW a = SPACE(-1)", result: "null" },
    ],
    compile: |_| {
        single(|args, arena| {
            let Some(count) = integer(&args[0]) else { return Ok(None) };
            let count = check_count(count)?;
            check_length(count, |bytes_max| {
                format!("Creating strings longer than [{bytes_max}] bytes is not supported")
            })?;
            Ok(Some(arena.text(&" ".repeat(count))))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, integer};
    use crate::types::DataType;

    #[test]
    fn counts_have_bounds() {
        for (count, message) in [
            (-1, "Number parameter cannot be negative, found [-1]"),
            (i32::MAX, "Creating strings longer than [1048576] bytes is not supported"),
        ] {
            let expected = (vec![], vec![message.to_owned()]);
            assert_eq!(call("SPACE", &[integer(count)], DataType::Keyword), expected);
        }
    }
}
