//! `DATE_PARSE`: text as a moment.

use brokerwatch_expr::Diagnostic;

use super::calendar::MILLI_NANOS;
use super::date_pattern::{DEFAULT, DatePattern, Zone};
use super::{Body, Call, Example, Function, Lists, Returns, optional, param, single};
use crate::ast::{Constant, Entry, MapValue};
use crate::codes;
use crate::types::{DataType, TEXT};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "DATE_PARSE",
    aliases: &[],
    doc: "The moment that a text says. The format, which comes first and may be left out, is a pattern of Java's \
          `DateTimeFormatter` in English or the name of a built-in format of Elasticsearch; ISO 8601 without one. The \
          option `time_zone` is the zone of texts that say none; without it, the query's.",
    params: &[param("format_or_text", TEXT), optional("text", TEXT)],
    returns: Returns::Always(DataType::Date),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW d = DATE_PARSE("yyyy-MM-dd", "2022-05-06")"#,
            result: "2022-05-06T00:00:00.000Z",
        },
        Example {
            query: r#"ROW d = DATE_PARSE("dd/MMM/yyyy:HH:mm:ss Z", "12/Jul/2022:10:24:10 +0900")"#,
            result: "2022-07-12T01:24:10.000Z",
        },
        Example { query: r#"ROW d = DATE_PARSE("yyyy-MM-dd", "yesterday")"#, result: "null" },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let zone = zone(call)?;
    let format = if call.args.len() == 1 { Some(DEFAULT) } else { call.text(0) };
    let Some(format) = format else {
        return single(move |args, _| {
            let format = args[0].as_str().unwrap_or_default();
            let pattern = DatePattern::parse(format).map_err(Failure::argument)?;
            read(&pattern, args, &zone)
        });
    };
    let pattern = DatePattern::parse(format).map_err(|reason| {
        Diagnostic::error(codes::ARGUMENT, call.span_of(0), reason).help(
            "write a pattern such as \"yyyy-MM-dd HH:mm:ss\"; plain words stand in single quotes",
        )
    })?;
    single(move |args, _| read(&pattern, args, &zone))
}

fn read<'v>(
    pattern: &DatePattern,
    args: &[Value<'v>],
    zone: &Zone,
) -> Result<Option<Value<'v>>, Failure> {
    let Some(text) = args.last().and_then(Value::as_str) else { return Ok(None) };
    if text.is_empty() {
        return Err(Failure::argument("cannot parse empty datetime"));
    }
    let nanos = pattern.read(text, zone);
    let millis = nanos.and_then(|nanos| i64::try_from(nanos.div_euclid(MILLI_NANOS.into())).ok());
    match millis {
        Some(millis) => Ok(Some(Value::Date(millis))),
        None => Err(Failure::argument(format!(
            "failed to parse date field [{text}] with format [{}]",
            pattern.text()
        ))),
    }
}

/// The zone that the options give; the locale has to be an English one.
fn zone(call: &Call<'_>) -> Result<Zone, Diagnostic> {
    let mut zone = call.zone.clone();
    for entry in call.options.map(|options| options.entries.as_slice()).unwrap_or_default() {
        match (entry.key.as_str(), text(entry)) {
            ("time_zone", Some(id)) => {
                zone = Zone::parse(id).ok_or_else(|| {
                    wrong(entry, format!("unknown time zone `{id}`")).help(
                        "write an offset such as \"+02:00\" or a region such as \"Europe/Berlin\"",
                    )
                })?;
            }
            ("locale", Some(tag)) if is_english(tag) => {}
            ("locale", Some(tag)) => {
                return Err(wrong(entry, format!("the locale `{tag}` is not supported"))
                    .help("names of months and days are read in English; use \"en\""));
            }
            ("time_zone" | "locale", None) => {
                return Err(wrong(entry, format!("the option `{}` is a text", entry.key)));
            }
            _ => {
                return Err(wrong(
                    entry,
                    format!("unknown option `{}` of `DATE_PARSE`", entry.key),
                )
                .help("the options are `time_zone` and `locale`"));
            }
        }
    }
    Ok(zone)
}

fn text(entry: &Entry) -> Option<&str> {
    match &entry.value {
        MapValue::Constant(Constant::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_english(tag: &str) -> bool {
    let language = tag.split(['-', '_']).next().unwrap_or_default();
    language.is_empty() || language.eq_ignore_ascii_case("en") || tag.eq_ignore_ascii_case("root")
}

fn wrong(entry: &Entry, message: String) -> Diagnostic {
    Diagnostic::error(codes::ARGUMENT, entry.value_place.0, message)
}

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;

    use super::super::testing::{call, text};
    use super::super::{Arg, Call};
    use super::*;
    use crate::ast::{Map, Place};
    use crate::value::Scalar;

    #[test]
    fn failures_name_the_text_and_the_format() {
        for (args, expected) in [
            (
                vec![text("yyyy-MM-dd"), text("2023-02-01 foo")],
                "failed to parse date field [2023-02-01 foo] with format [yyyy-MM-dd]",
            ),
            (
                vec![text("2023-02-01 10:00")],
                "failed to parse date field [2023-02-01 10:00] with format [strict_date_optional_time]",
            ),
            (vec![text("yyyy"), text("")], "cannot parse empty datetime"),
            (
                vec![text("uuuu"), text("+999999999")],
                "failed to parse date field [+999999999] with format [uuuu]",
            ),
        ] {
            let found = call("DATE_PARSE", &args, DataType::Date);
            assert_eq!(found, (vec![], vec![expected.to_owned()]));
        }
    }

    fn compiled(options: &[(&str, &str)]) -> Result<Body, Diagnostic> {
        let entry = |(key, value): &(&str, &str)| Entry {
            key: (*key).to_owned(),
            key_place: Place::default(),
            value: MapValue::Constant(Constant::Text((*value).to_owned())),
            value_place: Place::default(),
        };
        let map = Map { entries: options.iter().map(entry).collect(), place: Place::default() };
        let args = [Arg { ty: DataType::Keyword, constant: None, span: Span::default() }];
        let call = Call {
            args: &args,
            returns: DataType::Date,
            options: Some(&map),
            span: Span::default(), zone: crate::functions::Zone::UTC };
        compile(&call)
    }

    #[test]
    fn options_give_the_zone_and_the_language() {
        let Ok(Body::Single(body)) =
            compiled(&[("time_zone", "Europe/Berlin"), ("locale", "en-US")])
        else {
            panic!("both options are known");
        };
        let arena = crate::value::Arena::default();
        let read = body(&[Value::Text("1970-01-01T01:00")], &arena);
        assert_eq!(read, Ok(Some(Scalar::Date(0).get())));
        for options in [[("time_zone", "Mars/Base")], [("locale", "fr")], [("zone", "UTC")]] {
            assert!(compiled(&options).is_err(), "{options:?}");
        }
    }
}
