//! `MV_IN_RANGE`: does a value of a list lie between two others?

use brokerwatch_expr::Diagnostic;

use super::{Body, Call, Example, Function, Lists, Returns, lists, param};
use crate::codes;
use crate::types::{DataType, ORDERED};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_IN_RANGE",
    aliases: &[],
    doc: "Whether one of the values lies between two others, or is one of them. Null has no values, so that the result \
          is false for it; where an end of the range is null, the result is null.",
    params: &[param("field", ORDERED), param("lower", ORDERED), param("upper", ORDERED)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::One,
    examples: &[
        Example { query: "ROW a = MV_IN_RANGE([22, 1883], 1024, 49151)", result: "true" },
        Example { query: "ROW a = MV_IN_RANGE([22, 80], 1024.5, 49151)", result: "false" },
        Example {
            query: r#"ROW a = MV_IN_RANGE(TO_IP(["10.0.0.7", "::1"]), TO_IP("10.0.0.0"), TO_IP("10.0.0.9"))"#,
            result: "true",
        },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let ty = kind(call)?;
    lists(move |args, _, out| {
        let (values, [lower], [upper]) = (args[0], args[1], args[2]) else { return Ok(()) };
        let lies = |value: &Value<'_>| {
            value.compare(lower, ty).is_some_and(std::cmp::Ordering::is_ge)
                && value.compare(upper, ty).is_some_and(std::cmp::Ordering::is_le)
        };
        out.push(Value::Boolean(values.iter().any(lies)));
        Ok(())
    })
}

/// The type in which all three are compared. Numbers of all kinds are.
fn kind(call: &Call<'_>) -> Result<DataType, Diagnostic> {
    let mut kind = DataType::Null;
    for (at, arg) in call.args.iter().enumerate() {
        let both_numbers = kind.is_number() && arg.ty.is_number();
        kind = kind.common(arg.ty).or(both_numbers.then_some(kind)).ok_or_else(|| {
            let message = format!(
                "`MV_IN_RANGE` compares values of one type, and meets {} and {}",
                kind.error_name(),
                arg.ty.error_name()
            );
            Diagnostic::error(codes::TYPE, call.span_of(at), message)
                .help("convert one of them: `TO_IP(...)`, `TO_DATETIME(...)`, `::type`")
        })?;
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, integer, text};
    use super::super::{Arg, Zone};
    use super::*;
    use crate::value::{Constant, Scalar};
    use brokerwatch_expr::Span;

    #[test]
    fn ends_belong_to_the_range_and_null_ends_give_null() {
        let port = |number| Constant::one(DataType::Long, Scalar::Long(number));
        for (lower, upper, expected) in [
            (integer(1), port(5), Some(true)),
            (port(5), integer(9), Some(true)),
            (integer(6), integer(9), Some(false)),
            (integer(9), integer(1), Some(false)),
            (Constant::null(), integer(9), None),
        ] {
            let found = call("MV_IN_RANGE", &[port(5), lower, upper], DataType::Boolean);
            let expected: Vec<Scalar> = expected.into_iter().map(Scalar::Boolean).collect();
            assert_eq!(found, (expected, vec![]));
        }
    }

    #[test]
    fn types_that_do_not_meet_are_refused() {
        let args = [integer(1), text("a"), text("b")];
        let args: Vec<Arg> = args
            .into_iter()
            .map(|one| Arg { ty: one.ty, constant: Some(one), span: Span::default() })
            .collect();
        let call = Call {
            args: &args,
            returns: DataType::Boolean,
            options: None,
            span: Span::default(),
            zone: Zone::UTC,
        };
        assert_eq!(compile(&call).err().map(|error| error.code), Some(codes::TYPE));
    }
}
