//! `ROUND_TO`: a value down to one of fixed points.

use std::cmp::Ordering;

use brokerwatch_expr::Diagnostic;

use super::{Body, Call, Example, Function, Lists, Param, Presence, Returns, param, single};
use crate::types::{DataType, MOMENT, Types, WHOLE};
use crate::value::{Scalar, Value};

const POINTS: Types = WHOLE.or(MOMENT).or(Types::of(&[DataType::Double]));

pub(crate) const FUNCTION: Function = Function {
    name: "ROUND_TO",
    aliases: &[],
    doc: "The greatest of the points that is not greater than the value, or the least point if all are. The points are \
          constants in any order.",
    params: &[
        param("field", POINTS),
        Param { presence: Presence::Repeated, ..param("points", POINTS).constant() },
    ],
    returns: Returns::Widest,
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ROUND_TO(37, 0, 10, 100)", result: "10" },
        Example { query: "ROW a = ROUND_TO(-5, 0, 10, 100)", result: "0" },
        Example { query: "ROW a = ROUND_TO(7.5, 10, 5)", result: "5.0" },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let ty = call.returns;
    let known = call.args.iter().skip(1).filter_map(|arg| arg.constant.as_ref());
    let mut points: Vec<Scalar> = known.flat_map(|constant| constant.values.clone()).collect();
    points.sort_by(|a, b| a.get().compare(&b.get(), ty).unwrap_or(Ordering::Equal));
    single(move |args, _| {
        let value = args[0];
        let above = points
            .partition_point(|point| point.get().compare(&value, ty).is_some_and(Ordering::is_le));
        Ok(points.get(above.saturating_sub(1)).map(Scalar::get).and_then(timeless))
    })
}

/// The point as a value that outlives its list: none of the types of points borrows.
fn timeless(point: Value<'_>) -> Option<Value<'static>> {
    Some(match point {
        Value::Integer(number) => Value::Integer(number),
        Value::Long(number) => Value::Long(number),
        Value::Double(number) => Value::Double(number),
        Value::Date(millis) => Value::Date(millis),
        Value::DateNanos(nanos) => Value::DateNanos(nanos),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, integer};
    use super::*;
    use crate::value::Constant;

    #[test]
    fn values_below_at_and_between_the_points() {
        for (value, expected) in [(-1, 0), (0, 0), (9, 0), (10, 10), (99, 10), (1000, 100)] {
            let args = [integer(value), integer(100), integer(0), integer(10), integer(10)];
            let found = call("ROUND_TO", &args, DataType::Integer);
            assert_eq!(found, (vec![Scalar::Integer(expected)], vec![]));
        }
        let date = |millis| Constant::one(DataType::Date, Scalar::Date(millis));
        let found = call("ROUND_TO", &[date(5), date(3)], DataType::Date);
        assert_eq!(found, (vec![Scalar::Date(3)], vec![]));
    }
}
