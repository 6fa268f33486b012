//! `TO_GEOPOINT`: a text as a point on the earth.

use brokerwatch_expr::Diagnostic;

use super::geometry::Shape;
use super::{Body, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "TO_GEOPOINT",
    aliases: &[],
    doc: "A text in well-known text, such as `POINT(13.4 52.5)` with the longitude first, as a point on the earth.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::GeoPoint])))],
    returns: Returns::Always(DataType::GeoPoint),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW p = TO_GEOPOINT("POINT(42.97109630194 14.7552534413725)")"#,
            result: "POINT (42.97109630194 14.7552534413725)",
        },
        Example { query: r#"ROW p = TO_GEOPOINT("nowhere")"#, result: "null" },
    ],
    compile: |_| as_point(),
};

/// Texts as points; what is one stays.
pub(super) fn as_point() -> Result<Body, Diagnostic> {
    single(|args, _| match args[0] {
        Value::Text(text) => point(text)
            .map(Some)
            .map_err(|reason| Failure::argument(format!("Failed to parse WKT: {reason}"))),
        other => Ok(Some(other)),
    })
}

/// Reads `POINT(lon lat)`; an altitude is read and dropped (OGC 06-103r4, section 7).
fn point(text: &str) -> Result<Value<'static>, String> {
    match Shape::parse(text)? {
        Shape::Point((lon, lat)) => Ok(Value::Point { lon, lat }),
        other => {
            let text = other.to_string();
            let name = text.split(' ').next().unwrap_or_default();
            Err(format!("Unsupported geometry type {name}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_what_is_none() {
        let at = |lon, lat| Ok(Value::Point { lon, lat });
        for (text, expected) in [
            (
                "POINT(75.8092915005895 22.727749187571)",
                at(75.809_291_500_589_5, 22.727_749_187_571),
            ),
            (" point ( -1 2e0 )", at(-1.0, 2.0)),
            ("POINT(1 2 300)", at(1.0, 2.0)),
            ("POINTX(42.97 14.75)", Err("Unknown geometry type: pointx")),
            ("POINT(111)", Err("expected number but found: ')'")),
            ("POINT(1 2", Err("expected ) but found: END-OF-STREAM")),
            ("POINT(1 2 3 4)", Err("expected ) but found: 4")),
            ("POINT(1 nan)", Err("expected number but found: nan")),
            ("LINESTRING (0 0, 1 1)", Err("Unsupported geometry type LINESTRING")),
            ("POINT EMPTY", Err("expected ( but found: EMPTY")),
            ("POINT(1 2))", Err("expected end of WKT string but found additional text: ')'")),
            ("", Err("expected word but found: END-OF-STREAM")),
            ("(1 2)", Err("expected word but found: '('")),
        ] {
            assert_eq!(point(text), expected.map_err(str::to_owned), "{text}");
        }
    }
}
