//! `LOG`: the logarithm to any base.

use super::numeric::finite;
use super::{Example, Function, Lists, Returns, optional, param, single};
use crate::types::{DataType, NUMBER};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "LOG",
    aliases: &[],
    doc: "The logarithm of a number to a base, which comes first; to base e where only one number is given. Null for 0, for \
          negative numbers and for base 1.",
    params: &[param("base_or_number", NUMBER), optional("number", NUMBER)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example { query: "ROW a = LOG(2.0, 8.0)", result: "3.0" },
        Example { query: "ROW a = LOG(1)", result: "0.0" },
        Example { query: "ROW a = LOG(0)", result: "null" },
    ],
    compile: |call| {
        let natural = call.args.len() == 1;
        single(move |args, _| {
            let number = |at: usize| args.get(at).and_then(Value::as_f64);
            match (number(0), number(1)) {
                (Some(number), None) if natural => logarithm(None, number),
                (Some(base), Some(number)) => logarithm(Some(base), number),
                _ => Ok(None),
            }
        })
    },
};

fn logarithm(base: Option<f64>, number: f64) -> Result<Option<Value<'static>>, Failure> {
    let is_positive = |number: f64| 0.0 < number;
    if !is_positive(number) || !base.is_none_or(is_positive) {
        return Err(Failure::arithmetic("Log of non-positive number"));
    }
    match base {
        None => finite(number.ln()),
        Some(1.0) => Err(Failure::arithmetic("Log of base 1")),
        // Ten has a logarithm of its own, which is exact for its powers.
        Some(10.0) => finite(number.log10()),
        Some(base) => finite(number.ln() / base.ln()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, double};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn only_positive_numbers_have_one() {
        for (args, expected) in [
            (vec![1.0], Ok(0.0)),
            (vec![10.0, 1_000.0], Ok(3.0)),
            (vec![0.5, 2.0], Ok(-1.0)),
            (vec![-1.0], Err("Log of non-positive number")),
            (vec![-2.0, 8.0], Err("Log of non-positive number")),
            (vec![2.0, 0.0], Err("Log of non-positive number")),
            (vec![1.0, 8.0], Err("Log of base 1")),
        ] {
            let args: Vec<_> = args.into_iter().map(double).collect();
            check("LOG", &args, DataType::Double, expected.map(Scalar::Double));
        }
    }
}
