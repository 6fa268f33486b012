//! `MV_MIN`: the smallest value of a list.

use super::lists::min_of;
use super::{Call, Example, Function, Lists, Returns, param};
use crate::types::{DataType, ORDERED};

pub(crate) const FUNCTION: Function = Function {
    name: "MV_MIN",
    aliases: &[],
    doc: "The smallest value of a list. Text is ordered by its bytes, versions by their numbers.",
    params: &[param("field", ORDERED)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_MIN([2, 1])", result: "1" },
        Example { query: r#"ROW a = MV_MIN(["foo", "bar"])"#, result: "bar" },
    ],
    compile: |call: &Call<'_>| Ok(min_of(call.args.first().map_or(DataType::Null, |arg| arg.ty))),
};
