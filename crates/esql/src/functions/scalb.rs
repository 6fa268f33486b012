//! `SCALB`: a number times a power of two.

use super::numeric::finite;
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, NUMBER, WHOLE};
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "SCALB",
    aliases: &[],
    doc: "The number times two to the power of the scale factor, rounded as if it were computed at once. Null where it is \
          no finite number.",
    params: &[param("number", NUMBER), param("scale_factor", WHOLE)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = SCALB(3.0, 10)", result: "3072.0" },
        Example { query: "ROW a = SCALB(8, -2)", result: "2.0" },
        Example { query: "ROW a = SCALB(1.0, 2000)", result: "null" },
    ],
    compile: |_| {
        single(|args, _| {
            let (Some(number), Some(factor)) = (args[0].as_f64(), args[1].as_i64()) else {
                return Ok(None);
            };
            match i32::try_from(factor) {
                Ok(factor) => finite(scaled(number, factor)),
                Err(_) => Err(Failure::arithmetic("integer overflow")),
            }
        })
    },
};

/// `number * 2^factor`. Downwards the last step alone leaves the range of full precision, so that it alone rounds.
fn scaled(mut number: f64, factor: i32) -> f64 {
    /// The greatest power of two of a double.
    const STEP: i32 = 1023;
    /// The least one of full precision, with the digits of a double to spare.
    const STEP_DOWN: i32 = -1022 + 53;
    // From the least double to the greatest it is less than three steps either way; more change nothing.
    let mut left = factor.clamp(-3 * STEP, 3 * STEP);
    while STEP < left {
        number *= 2.0_f64.powi(STEP);
        left -= STEP;
    }
    while left < STEP_DOWN {
        number *= 2.0_f64.powi(STEP_DOWN);
        left -= STEP_DOWN;
    }
    number * 2.0_f64.powi(left)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double, long};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn scales_up_and_down_to_the_ends() {
        for (number, factor, expected) in [
            (3.0, 10, Ok(3072.0)),
            (1.0, 1023, Ok(2.0_f64.powi(1023))),
            (f64::from_bits(1), 2097, Ok(2.0_f64.powi(1023))),
            (1.0, -1074, Ok(f64::from_bits(1))),
            (1.0, -1076, Ok(0.0)),
            (2.0_f64.powi(1023), -2097, Ok(f64::from_bits(1))),
            (0.0, 2_000_000_000, Ok(0.0)),
            (1.0, 1024, Err("not a finite double number: Infinity")),
            (-1.0, 2_000_000_000, Err("not a finite double number: -Infinity")),
            (1.0, 3_000_000_000, Err("integer overflow")),
        ] {
            let args = [double(number), long(factor)];
            check("SCALB", &args, DataType::Double, expected.map(Scalar::Double));
        }
    }
}
