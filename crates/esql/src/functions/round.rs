//! `ROUND`: a number with fewer digits.

use super::{Example, Function, Lists, Returns, optional, param, single};
use crate::types::{NUMBER, WHOLE};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "ROUND",
    aliases: &[],
    doc: "The nearest number with so many decimals, none where the count is left out; halves go away from zero. With a \
          negative count that many digits before the point become zeros. Whole numbers stay whole.",
    params: &[param("number", NUMBER), optional("decimals", WHOLE)],
    returns: Returns::Like(0),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = ROUND(2.345, 1)", result: "2.3" },
        Example { query: "ROW a = ROUND(-2.5)", result: "-3.0" },
        Example { query: "ROW a = ROUND(1955, -1)", result: "1960" },
    ],
    compile: |_| {
        single(|args, _| {
            let decimals = match args.get(1) {
                Some(decimals) => decimals.as_i64().unwrap_or_default(),
                None => 0,
            };
            rounded(args[0], decimals).map(Some)
        })
    },
};

fn rounded(number: Value<'_>, decimals: i64) -> Result<Value<'_>, Failure> {
    let overflow = |ty: &str| Failure::arithmetic(format!("{ty} overflow"));
    match number {
        Value::Double(number) => Ok(Value::Double(round_double(number, decimals))),
        Value::Integer(number) => match round_whole(number.into(), decimals).try_into() {
            Ok(number) => Ok(Value::Integer(number)),
            Err(_) => Err(overflow("integer")),
        },
        Value::Long(number) => match round_whole(number.into(), decimals).try_into() {
            Ok(number) => Ok(Value::Long(number)),
            Err(_) => Err(overflow("long")),
        },
        Value::Unsigned(number) => match round_whole(number.into(), decimals).try_into() {
            Ok(number) => Ok(Value::Unsigned(number)),
            Err(_) => Err(overflow("unsigned_long")),
        },
        other => Ok(other),
    }
}

/// Rounds by scaling as Elasticsearch does, so that the last digits agree with it.
#[expect(
    clippy::cast_precision_loss,
    reason = "from a few hundred decimals on, more make no difference"
)]
fn round_double(number: f64, decimals: i64) -> f64 {
    let scale = 10.0_f64.powf(decimals as f64);
    let scaled = number * scale;
    if scale == 0.0 || number == 0.0 {
        return 0.0;
    }
    // A scale beyond the doubles leaves no digit to round.
    if !scale.is_finite() || !scaled.is_finite() {
        return number;
    }
    // `round` of a number that is not negative takes halves up, as Java's does.
    scaled.abs().round() / scale * scaled.signum()
}

fn round_whole(number: i128, decimals: i64) -> i128 {
    /// Ten to this power is more than twice any number of 64 bits.
    const DIGITS_MAX: i64 = 20;
    if 0 <= decimals {
        return number;
    }
    if decimals < -DIGITS_MAX {
        return 0;
    }
    let scale = 10_i128.pow(decimals.unsigned_abs() as u32);
    let half = if number < 0 { -scale / 2 } else { scale / 2 };
    (number + half) / scale * scale
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, double, integer, long};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn doubles_round_to_decimals() {
        for (number, decimals, expected) in [
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (0.499_999_999_999_999_94, 0, 0.0),
            (2.029_999_971_389_770_5, 2, 2.03),
            (-123.456, -1, -120.0),
            (123.456, -5, 0.0),
            (1e300, 2, 1e300),
            (1.5, 400, 1.5),
            (1.5, -400, 0.0),
            (1e300, 0, 1e300),
            (f64::MAX, 3, f64::MAX),
            (0.0, 400, 0.0),
        ] {
            let found = call("ROUND", &[double(number), long(decimals)], DataType::Double);
            assert_eq!(found, (vec![Scalar::Double(expected)], vec![]), "{number} {decimals}");
        }
    }

    #[test]
    fn whole_numbers_round_before_the_point() {
        for (number, decimals, expected) in [
            (1953, -1, Ok(1950)),
            (-1955, -1, Ok(-1960)),
            (5, -1, Ok(10)),
            (4, -1, Ok(0)),
            (123, -4, Ok(0)),
            (123, i32::MIN, Ok(0)),
            (123, 5, Ok(123)),
            (i32::MAX, -1, Err("integer overflow")),
        ] {
            let args = [integer(number), integer(decimals)];
            check("ROUND", &args, DataType::Integer, expected.map(Scalar::Integer));
        }
        let most = Constant::one(DataType::UnsignedLong, Scalar::Unsigned(u64::MAX));
        let (_, failures) = call("ROUND", &[most.clone(), integer(-19)], DataType::UnsignedLong);
        assert_eq!(failures, ["unsigned_long overflow"]);
        let (values, _) = call("ROUND", &[most, integer(-20)], DataType::UnsignedLong);
        assert_eq!(values, [Scalar::Unsigned(0)]);
        assert_eq!(call("ROUND", &[long(7)], DataType::Long).0, [Scalar::Long(7)]);
        assert!(call("ROUND", &[long(7), Constant::null()], DataType::Long).0.is_empty());
    }
}
