//! `MV_SLICE`: a part of a list.

use brokerwatch_expr::Diagnostic;

use super::{Body, Call, Example, Function, Lists, Returns, lists, optional, param};
use crate::codes;
use crate::types::{ANY, DataType, Types};
use crate::value::{Constant, Value};
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "MV_SLICE",
    aliases: &[],
    doc: "The values of a list from one place to another, both included; without the second, the one value at the first. \
          Places count from 0, or from -1 backwards from the end.",
    params: &[param("field", ANY), param("start", INTEGER), optional("end", INTEGER)],
    returns: Returns::Like(0),
    lists: Lists::Many,
    examples: &[
        Example { query: "ROW a = MV_SLICE([1, 2, 2, 3], 1, 2)", result: "[2, 2]" },
        Example { query: "ROW a = MV_SLICE([1, 2, 2, 3], -2)", result: "2" },
        Example { query: "ROW a = MV_SLICE([1, 2, 2, 3], 2, 9)", result: "[2, 3]" },
        Example { query: "ROW a = MV_SLICE([1, 2], 5)", result: "null" },
    ],
    compile,
};

const INTEGER: Types = Types::of(&[DataType::Integer]);

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let known = |at: usize| {
        let constant = call.args.get(at)?.constant.as_ref();
        constant.and_then(Constant::single).and_then(|place| place.as_i64())
    };
    if let (Some(start), Some(end)) = (known(1), known(2)) {
        check(start, end).map_err(|reason| {
            Diagnostic::error(codes::ARGUMENT, call.span_of(1).to(call.span_of(2)), reason)
                .help("places count from 0, or from -1 backwards, the earlier place first")
        })?;
    }
    lists(|args, _, out| {
        let Some(start) = place(args[1])? else { return Ok(()) };
        let end = match args.get(2) {
            Some(end) => place(end)?,
            None => Some(start),
        };
        let Some(end) = end.filter(|_| !args[0].is_empty()) else { return Ok(()) };
        check(start, end).map_err(Failure::invalid)?;
        out.extend_from_slice(part(args[0], start, end));
        Ok(())
    })
}

fn place(values: &[Value<'_>]) -> Result<Option<i64>, Failure> {
    match values {
        [] => Ok(None),
        [one] => Ok(one.as_i64()),
        _ => Err(Failure::several()),
    }
}

fn check(start: i64, end: i64) -> Result<(), &'static str> {
    if end < start {
        return Err("Start offset is greater than end offset");
    }
    if start < 0 && 0 <= end {
        return Err("Start and end offset have different signs");
    }
    Ok(())
}

/// The values from one place to another that is not before it.
fn part<'a, 'v>(values: &'a [Value<'v>], start: i64, end: i64) -> &'a [Value<'v>] {
    let count = values.len() as i64;
    let from_front = |place: i64| if place < 0 { place + count } else { place };
    let (start, end) = (from_front(start).max(0), from_front(end).min(count - 1));
    let places = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    places.and_then(|(start, end)| values.get(start..=end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, integer};
    use super::*;
    use crate::value::Scalar;

    #[test]
    fn places_are_clipped_to_the_list() {
        for (start, end, expected) in [
            (0, 1, &[10, 20][..]),
            (1, 9, &[20, 30]),
            (3, 9, &[]),
            (-2, -1, &[20, 30]),
            (-9, -2, &[10, 20]),
            (-9, -4, &[]),
            (-1, -1, &[30]),
            (0, i32::MAX, &[10, 20, 30]),
            (i32::MIN, -1, &[10, 20, 30]),
        ] {
            let values = [10, 20, 30].map(Scalar::Integer).to_vec();
            let list = Constant { ty: DataType::Integer, values };
            let args = [list, integer(start), integer(end)];
            let expected = expected.iter().copied().map(Scalar::Integer).collect();
            let found = call("MV_SLICE", &args, DataType::Integer);
            assert_eq!(found, (expected, vec![]), "{start} {end}");
        }
    }

    #[test]
    fn places_in_columns_fail_row_by_row() {
        let Ok(Body::Lists(body)) = compile(&Call {
            args: &[],
            returns: DataType::Integer,
            options: None,
            span: brokerwatch_expr::Span::default(), zone: crate::functions::Zone::UTC }) else {
            panic!("places of columns are not known");
        };
        let arena = crate::value::Arena::default();
        for (start, end, expected) in [
            (2, 1, "Start offset is greater than end offset"),
            (-1, 1, "Start and end offset have different signs"),
        ] {
            let list = [Value::Integer(1)];
            let places = [[Value::Integer(start)], [Value::Integer(end)]];
            let mut out = Vec::new();
            let result = body(&[&list, &places[0], &places[1]], &arena, &mut out);
            assert_eq!(result, Err(Failure::invalid(expected)));
        }
    }
}
