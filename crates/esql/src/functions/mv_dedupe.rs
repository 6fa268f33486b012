//! `MV_DEDUPE`: a list without repetitions.

use super::lists::distinct;
use super::{Example, Function, Lists, Returns, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_DEDUPE",
    aliases: &[],
    doc: "The values of a list without repetitions, as they came first.",
    params: &[param("field", ANY)],
    returns: Returns::Like(0),
    lists: Lists::Many,
    examples: &[Example {
        query: r#"ROW a = MV_DEDUPE(["foo", "foo", "bar", "foo"])"#,
        result: "[foo, bar]",
    }],
    compile: |_| Ok(distinct()),
};
