//! `TO_STRING`: a value as text.

use brokerwatch_ecs::number::java_double;
use brokerwatch_expr::Diagnostic;

use super::calendar::epoch_nanos;
use super::conversion::built_in;
use super::date_pattern::{DEFAULT, DatePattern, Zone};
use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT, NUMBER, TEXT, Types};
use crate::value::{Arena, Value};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_STRING",
    aliases: &["TO_STR"],
    doc: "The value as text: moments as ISO 8601 in UTC or the query's `time_zone`, doubles as Java writes them, points as `POINT (x y)`, with the longitude first on the earth.",
    params: &[param(
        "field",
        TEXT.or(NUMBER).or(MOMENT).or(Types::of(&[
            DataType::Boolean,
            DataType::Ip,
            DataType::Version,
            DataType::GeoPoint,
            DataType::GeoShape,
            DataType::CartesianPoint,
            DataType::CartesianShape,
            DataType::GeoHash,
            DataType::GeoTile,
        ])),
    )],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example { query: "ROW s = TO_STRING([10, 9, 8])", result: "[10, 9, 8]" },
        Example { query: "ROW s = TO_STRING(1.0)", result: "1.0" },
        Example {
            query: "ROW s = TO_STRING(TO_DATETIME(501379200000))",
            result: "1985-11-21T00:00:00.000Z",
        },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let pattern = built_in(DEFAULT, call)?;
    let zone = call.zone.clone();
    single(move |args, arena| Ok(text(args[0], &pattern, &zone, arena)))
}

fn text<'v>(
    value: Value<'v>,
    pattern: &DatePattern,
    zone: &Zone,
    arena: &'v Arena,
) -> Option<Value<'v>> {
    Some(match value {
        Value::Text(_) => value,
        Value::Boolean(flag) => Value::Text(if flag { "true" } else { "false" }),
        Value::Integer(number) => arena.text(&number.to_string()),
        Value::Long(number) => arena.text(&number.to_string()),
        Value::Unsigned(number) => arena.text(&number.to_string()),
        Value::Double(number) => arena.text(&java_double(number)),
        Value::Ip(address) => match address.to_ipv4_mapped() {
            Some(address) => arena.text(&address.to_string()),
            None => arena.text(&address.to_string()),
        },
        Value::Date(_) | Value::DateNanos(_) => {
            arena.text(&pattern.write(epoch_nanos(value)?, zone))
        }
        Value::Point { lon, lat } => {
            arena.text(&format!("POINT ({} {})", java_double(lon), java_double(lat)))
        }
        // Spans of time never stand in a column.
        Value::Period { .. } | Value::Duration(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::super::testing::call;
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn every_type_has_its_text() {
        for (ty, value, expected) in [
            (DataType::Boolean, Scalar::Boolean(false), "false"),
            (DataType::Integer, Scalar::Integer(i32::MIN), "-2147483648"),
            (DataType::UnsignedLong, Scalar::Unsigned(u64::MAX), "18446744073709551615"),
            (DataType::Double, Scalar::Double(1e20), "1.0E20"),
            (DataType::Double, Scalar::Double(-0.0), "-0.0"),
            (DataType::Ip, Scalar::Ip(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped()), "10.0.0.1"),
            (DataType::Ip, Scalar::Ip(Ipv6Addr::LOCALHOST), "::1"),
            (DataType::Date, Scalar::Date(-1), "1969-12-31T23:59:59.999Z"),
            (DataType::Date, Scalar::Date(i64::MAX), "+292278994-08-17T07:12:55.807Z"),
            (DataType::DateNanos, Scalar::DateNanos(1_500), "1970-01-01T00:00:00.0000015Z"),
            (DataType::GeoPoint, Scalar::Point { lon: 42.5, lat: -3.0 }, "POINT (42.5 -3.0)"),
            (DataType::Text, Scalar::Text("as is".into()), "as is"),
        ] {
            let found = call("TO_STR", &[Constant::one(ty, value)], DataType::Keyword);
            assert_eq!(found, (vec![Scalar::Text(expected.into())], vec![]));
        }
    }
}
