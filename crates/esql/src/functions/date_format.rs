//! `DATE_FORMAT`: a moment as text.

use brokerwatch_expr::Diagnostic;

use super::calendar::epoch_nanos;
use super::date_pattern::{DEFAULT, DatePattern, Zone};
use super::{Body, Call, Example, Function, Lists, Returns, optional, param, single};
use crate::codes;
use crate::types::{DataType, MOMENT, TEXT};
use crate::value::{Arena, Value};
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "DATE_FORMAT",
    aliases: &[],
    doc: "A moment as text, in UTC or the query's `time_zone`. The format, which comes first and may be left out, is a pattern of Java's \
          `DateTimeFormatter` in English or the name of a built-in format of Elasticsearch; ISO 8601 without one.",
    params: &[param("format_or_date", TEXT.or(MOMENT)), optional("date", MOMENT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW d = DATE_FORMAT("d MMM yyyy", "2023-10-23T13:55:01.543Z"::date)"#,
            result: "23 Oct 2023",
        },
        Example {
            query: r#"ROW d = DATE_FORMAT("2023-10-23T13:55:01Z"::date)"#,
            result: "2023-10-23T13:55:01.000Z",
        },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let is = |at: usize, kind: fn(DataType) -> bool| {
        call.args.get(at).is_some_and(|arg| arg.ty == DataType::Null || kind(arg.ty))
    };
    let (format, fits) = match call.args.len() {
        1 => (Some(DEFAULT), is(0, DataType::is_date)),
        _ => (call.text(0), is(0, DataType::is_text)),
    };
    if !fits {
        let message = "`DATE_FORMAT` takes a moment, or a format and a moment";
        return Err(Diagnostic::error(codes::ARGUMENT, call.span_of(0), message)
            .help("convert text with `TO_DATETIME(text)` or `DATE_PARSE(format, text)`"));
    }
    let zone = call.zone.clone();
    let Some(format) = format else {
        return single(move |args, arena| {
            let format = args[0].as_str().unwrap_or_default();
            let pattern = DatePattern::parse(format).map_err(Failure::argument)?;
            Ok(args.last().and_then(|moment| write(&pattern, *moment, &zone, arena)))
        });
    };
    let pattern = DatePattern::parse(format).map_err(|reason| {
        Diagnostic::error(codes::ARGUMENT, call.span_of(0), reason).help(
            "write a pattern such as \"yyyy-MM-dd HH:mm:ss\"; plain words stand in single quotes",
        )
    })?;
    single(move |args, arena| {
        Ok(args.last().and_then(|moment| write(&pattern, *moment, &zone, arena)))
    })
}

fn write<'v>(
    pattern: &DatePattern,
    moment: Value<'_>,
    zone: &Zone,
    arena: &'v Arena,
) -> Option<Value<'v>> {
    epoch_nanos(moment).map(|nanos| arena.text(&pattern.write(nanos, zone)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn moments_of_both_kinds_with_and_without_a_format() {
        let date = Constant::one(DataType::Date, Scalar::Date(1));
        let nanos = Constant::one(DataType::DateNanos, Scalar::DateNanos(1));
        for (args, expected) in [
            (vec![date.clone()], "1970-01-01T00:00:00.001Z"),
            (vec![nanos.clone()], "1970-01-01T00:00:00.000000001Z"),
            (vec![text("SSS"), date], "001"),
            (vec![text("SSSSSSSSS"), nanos], "000000001"),
        ] {
            let found = call("DATE_FORMAT", &args, DataType::Keyword);
            assert_eq!(found, (vec![Scalar::Text(expected.into())], vec![]));
        }
    }
}
