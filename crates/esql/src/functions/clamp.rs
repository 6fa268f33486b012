//! `CLAMP`: a value with bounds on both sides.

use std::cmp::Ordering;

use super::greatest::chosen;
use super::numeric::ORDERED;
use super::{Example, Function, Lists, Returns, param, single};

pub(crate) const FUNCTION: Function = Function {
    name: "CLAMP",
    aliases: &[],
    doc: "The value, or the bound that it is beyond. Where the bounds cross, the upper one decides.",
    params: &[param("field", ORDERED), param("min", ORDERED), param("max", ORDERED)],
    returns: Returns::Widest,
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = CLAMP(7, 1, 5)", result: "5" },
        Example { query: "ROW a = CLAMP(3, 1, 5)", result: "3" },
        Example { query: "ROW a = CLAMP(0.5, 1, 5)", result: "1.0" },
    ],
    compile: |call| {
        let ty = call.returns;
        single(move |args, _| {
            let least = chosen(args[0], args[1], ty, Ordering::Greater);
            Ok(Some(chosen(least, args[2], ty, Ordering::Less)))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{call, integer};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn values_within_beyond_and_between_crossed_bounds() {
        for (value, min, max, expected) in
            [(3, 1, 5, 3), (0, 1, 5, 1), (9, 1, 5, 5), (1, 1, 1, 1), (3, 5, 1, 1)]
        {
            let args = [integer(value), integer(min), integer(max)];
            assert_eq!(
                call("CLAMP", &args, DataType::Integer),
                (vec![Scalar::Integer(expected)], vec![])
            );
        }
        let args = [integer(3), Constant::null(), integer(5)];
        assert_eq!(call("CLAMP", &args, DataType::Integer), (vec![], vec![]));
    }
}
