//! `MV_PERCENTILE`: the value below which a percentage of a list lies.

use brokerwatch_ecs::number::java_double;

use super::lists::order;
use super::{Call, Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, NUMBER};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_PERCENTILE",
    aliases: &[],
    doc: "The value below which a percentage of a list of numbers lies, between two values in proportion to their \
          distance. It has the type of the numbers; whole ones are cut.",
    params: &[param("number", NUMBER), param("percentile", NUMBER)],
    returns: Returns::Like(0),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_PERCENTILE([5, 5, 10, 12, 5000], 50)", result: "10" },
        Example { query: "ROW a = MV_PERCENTILE([1.0, 2.0], 25)", result: "1.25" },
    ],
    compile: |call: &Call<'_>| {
        let ty = call.returns;
        lists(move |args, _, out| {
            out.extend(percentile(args[0], args[1], ty)?);
            Ok(())
        })
    },
};

fn percentile<'v>(
    values: &[Value<'v>],
    percentile: &[Value<'v>],
    ty: DataType,
) -> Result<Option<Value<'v>>, Failure> {
    let percentile = match percentile {
        [] => return Ok(None),
        [one] => one.as_f64().unwrap_or_default(),
        _ => return Err(Failure::several()),
    };
    if values.is_empty() {
        return Ok(None);
    }
    if !(0.0..=100.0).contains(&percentile) {
        return Err(Failure::argument(format!(
            "Percentile parameter must be a number between 0 and 100, found [{}]",
            java_double(percentile)
        )));
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| order(a, b, ty));
    Ok(Some(at(&sorted, percentile / 100.0)))
}

/// The value at a share of the way through sorted values, of which there is one at least.
#[expect(clippy::cast_precision_loss, reason = "no list has 2^53 values")]
#[expect(clippy::cast_sign_loss, reason = "a share is not negative")]
fn at<'v>(sorted: &[Value<'v>], share: f64) -> Value<'v> {
    let place = share * (sorted.len() - 1) as f64;
    let lower = (place.floor() as usize).min(sorted.len() - 1);
    let Some(upper) = sorted.get(lower + 1) else { return sorted[lower] };
    between(sorted[lower], *upper, place - place.floor())
}

/// The value at a part of the way from one value to a greater one.
#[expect(
    clippy::cast_precision_loss,
    reason = "the fraction of a distance is cut to a whole number"
)]
fn between<'v>(lower: Value<'v>, upper: Value<'v>, part: f64) -> Value<'v> {
    let whole = |lower: i128, upper: i128| lower + (part * (upper - lower) as f64) as i128;
    match (lower, upper) {
        (Value::Integer(a), Value::Integer(b)) => Value::Integer(whole(a.into(), b.into()) as i32),
        (Value::Long(a), Value::Long(b)) => {
            Value::Long(whole(a.into(), b.into()).min(b.into()) as i64)
        }
        (Value::Unsigned(a), Value::Unsigned(b)) => {
            Value::Unsigned(u64::try_from(whole(a.into(), b.into())).unwrap_or(b))
        }
        // The distance of two finite numbers may be infinite.
        (Value::Double(a), Value::Double(b)) if (b - a).is_finite() => {
            Value::Double(a + part * (b - a))
        }
        (Value::Double(a), Value::Double(b)) => Value::Double((1.0 - part) * a + part * b),
        (lower, _) => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, double, integer};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn percentiles_of_every_type() {
        for (ty, values, percentile, expected) in [
            (DataType::Integer, vec![Scalar::Integer(7)], 99.0, Scalar::Integer(7)),
            (
                DataType::Integer,
                vec![Scalar::Integer(i32::MAX), Scalar::Integer(i32::MIN)],
                50.0,
                Scalar::Integer(-1),
            ),
            (
                DataType::Long,
                vec![Scalar::Long(i64::MIN), Scalar::Long(i64::MAX)],
                100.0,
                Scalar::Long(i64::MAX),
            ),
            (
                DataType::UnsignedLong,
                vec![Scalar::Unsigned(0), Scalar::Unsigned(u64::MAX)],
                50.0,
                Scalar::Unsigned(1 << 63),
            ),
            (
                DataType::Double,
                vec![Scalar::Double(f64::MAX), Scalar::Double(-f64::MAX)],
                50.0,
                Scalar::Double(0.0),
            ),
        ] {
            let list = Constant { ty, values };
            let found = call("MV_PERCENTILE", &[list, double(percentile)], ty);
            assert_eq!(found, (vec![expected], vec![]), "{ty}");
        }
    }

    #[test]
    fn percentiles_lie_between_0_and_100() {
        let (values, failures) =
            call("MV_PERCENTILE", &[integer(1), integer(-1)], DataType::Integer);
        assert_eq!(values, []);
        assert_eq!(
            failures,
            ["Percentile parameter must be a number between 0 and 100, found [-1.0]"]
        );
        let two = Constant { ty: DataType::Integer, values: [1, 2].map(Scalar::Integer).to_vec() };
        let (_, failures) = call("MV_PERCENTILE", &[integer(1), two], DataType::Integer);
        assert_eq!(failures, ["single-value function encountered multi-value"]);
        let null = call("MV_PERCENTILE", &[integer(1), Constant::null()], DataType::Integer);
        assert_eq!(null, (vec![], vec![]));
    }
}
