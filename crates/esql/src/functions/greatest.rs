//! `GREATEST`: the greatest of several values.

use std::cmp::Ordering;

use brokerwatch_expr::Diagnostic;

use super::numeric::ORDERED;
use super::{Body, Call, Example, Function, Lists, Returns, lists, repeated};
use crate::types::DataType;
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "GREATEST",
    aliases: &[],
    doc: "The greatest of the values, each list counting as the greatest of its own. Null if any of them is null; false is \
          less than true.",
    params: &[repeated("value", ORDERED)],
    returns: Returns::Widest,
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = GREATEST(10, 20.5, 3)", result: "20.5" },
        Example { query: "ROW a = GREATEST([1, 9], 5)", result: "9" },
        Example { query: "ROW a = GREATEST(1, null)", result: "null" },
    ],
    compile: |call| of_all(call, Ordering::Greater),
};

/// The body that gives the value which is `wanted` than all others.
pub(super) fn of_all(call: &Call<'_>, wanted: Ordering) -> Result<Body, Diagnostic> {
    let ty = call.returns;
    lists(move |args, _, out| {
        if args.iter().all(|values| !values.is_empty()) {
            let all = args.iter().flat_map(|values| values.iter().copied());
            out.extend(all.reduce(|best, value| chosen(best, value, ty, wanted)));
        }
        Ok(())
    })
}

/// The one of two values that is `wanted` than the other; the first of equal ones.
pub(super) fn chosen<'v>(
    value: Value<'v>,
    other: Value<'v>,
    ty: DataType,
    wanted: Ordering,
) -> Value<'v> {
    if other.compare(&value, ty) == Some(wanted) { other } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double, integer, text, texts};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn the_greatest_and_the_least_of_every_kind() {
        let version = |text: &str| Constant::one(DataType::Version, Scalar::Text(text.into()));
        let flag = |flag| Constant::one(DataType::Boolean, Scalar::Boolean(flag));
        for (args, ty) in [
            (vec![integer(1), integer(9)], DataType::Integer),
            (vec![double(-0.5), double(2.0)], DataType::Double),
            (vec![text("a"), texts(&["b", "c"])], DataType::Keyword),
            (vec![version("1.9"), version("1.10")], DataType::Version),
            (vec![flag(false), flag(true)], DataType::Boolean),
            (vec![text("x")], DataType::Keyword),
        ] {
            let (first, last) = (&args[0].values, &args[args.len() - 1].values);
            for args in [args.clone(), args.iter().rev().cloned().collect()] {
                assert_eq!(call("LEAST", &args, ty).0[0], first[0]);
                assert_eq!(call("GREATEST", &args, ty).0[0], last[last.len() - 1]);
            }
        }
    }

    #[test]
    fn null_decides() {
        for name in ["LEAST", "GREATEST"] {
            let args = [integer(1), Constant::null()];
            assert_eq!(call(name, &args, DataType::Integer), (vec![], vec![]));
        }
    }
}
