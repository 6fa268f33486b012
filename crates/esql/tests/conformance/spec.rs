//! The types and values that csv-spec files write as text.

use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Scalar;

/// The type that a header names.
pub(crate) fn type_of(name: &str) -> DataType {
    match name.to_ascii_lowercase().as_str() {
        "keyword" | "s" | "k" | "string" => DataType::Keyword,
        "text" | "t" => DataType::Text,
        "integer" | "i" | "int" | "short" | "byte" => DataType::Integer,
        "long" | "l" => DataType::Long,
        "unsigned_long" | "ul" => DataType::UnsignedLong,
        "double" | "d" | "float" | "half_float" | "scaled_float" => DataType::Double,
        "boolean" | "bool" | "b" => DataType::Boolean,
        "date" | "datetime" | "dt" => DataType::Date,
        "date_nanos" | "dn" => DataType::DateNanos,
        "ip" => DataType::Ip,
        "version" | "v" => DataType::Version,
        "null" | "n" => DataType::Null,
        "geo_point" => DataType::GeoPoint,
        "geohash" => DataType::GeoHash,
        "geotile" => DataType::GeoTile,
        "geo_shape" => DataType::GeoShape,
        "cartesian_point" => DataType::CartesianPoint,
        "cartesian_shape" => DataType::CartesianShape,
        "_source" => DataType::Source,
        "unsupported" => DataType::Unsupported,
        other => panic!("unknown type {other}"),
    }
}

/// A cell as a value of a type.
pub(crate) fn scalar(text: &str, ty: DataType) -> Scalar {
    match ty {
        DataType::Integer => Scalar::Integer(text.parse().unwrap()),
        DataType::Long => Scalar::Long(text.parse().unwrap()),
        DataType::UnsignedLong => Scalar::Unsigned(text.parse().unwrap()),
        DataType::Double => Scalar::Double(text.parse().unwrap()),
        DataType::Boolean => Scalar::Boolean(text.eq_ignore_ascii_case("true")),
        DataType::Ip => Scalar::Ip(brokerwatch_ecs::parse_ip(text).unwrap()),
        DataType::Date => {
            Scalar::Date(brokerwatch_ecs::date::parse(text).unwrap().from.as_millisecond())
        }
        DataType::DateNanos => {
            let nanos = brokerwatch_ecs::date::parse(text).unwrap().from.as_nanosecond();
            Scalar::DateNanos(nanos.try_into().unwrap())
        }
        _ => Scalar::Text(text.into()),
    }
}
