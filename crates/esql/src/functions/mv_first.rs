//! `MV_FIRST`: the first value of a list.

use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::ANY;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_FIRST",
    aliases: &[],
    doc: "The first value of a list. Lists of functions such as `SPLIT` have an order; lists of a source are ordered by \
          value.",
    params: &[param("field", ANY)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: r#"ROW a = MV_FIRST(SPLIT("foo;bar;baz", ";"))"#, result: "foo" },
        Example { query: "ROW a = MV_FIRST(null)", result: "null" },
    ],
    compile: |_| {
        lists(|args, _, out| {
            out.extend(args[0].first());
            Ok(())
        })
    },
};
