//! `MV_MAX`: the greatest value of a list.

use super::lists::max_of;
use super::{Call, Example, Function, Lists, Returns, param};
use crate::types::{DataType, ORDERED};

pub(crate) const FUNCTION: Function = Function {
    name: "MV_MAX",
    aliases: &[],
    doc: "The greatest value of a list. Text is ordered by its bytes, versions by their numbers.",
    params: &[param("field", ORDERED)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_MAX([3, 5, 1])", result: "5" },
        Example { query: r#"ROW a = MV_MAX(["foo", "zoo", "bar"])"#, result: "zoo" },
    ],
    compile: |call: &Call<'_>| Ok(max_of(call.args.first().map_or(DataType::Null, |arg| arg.ty))),
};
