//! The types of ES|QL's columns and values, and the Arrow types that hold them.

use std::fmt;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType as ArrowType, Field, FieldRef, TimeUnit};

/// The type of a column or of an expression (Elasticsearch, "ES|QL types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DataType {
    /// The type of `null` alone.
    Null,
    /// True or false.
    Boolean,
    /// 32 bits with a sign.
    Integer,
    /// 64 bits with a sign.
    Long,
    /// 64 bits without a sign.
    UnsignedLong,
    /// A 64-bit float.
    Double,
    /// Text, compared whole.
    Keyword,
    /// Text that is searched by words; any expression makes a keyword of it.
    Text,
    /// An address; IPv4 stands in `::ffff:0:0/96`.
    Ip,
    /// A version, in the order of Semantic Versioning.
    Version,
    /// A moment, to the millisecond.
    Date,
    /// A moment, to the nanosecond.
    DateNanos,
    /// Days, weeks, months or years; a constant only.
    DatePeriod,
    /// Milliseconds to hours; a constant only.
    TimeDuration,
    /// A point on the earth: longitude and latitude.
    GeoPoint,
    /// A shape on the earth, as its well-known text.
    GeoShape,
    /// A point on a plane: x and y.
    CartesianPoint,
    /// A shape on a plane, as its well-known text.
    CartesianShape,
    /// A cell of the grid of geohashes, as its letters.
    GeoHash,
    /// A tile of the map of the web, as its zoom, column and row.
    GeoTile,
    /// The JSON text of a document.
    Source,
    /// A field whose type cannot be used: shown as null, an error where it is used.
    Unsupported,
}

use DataType::{
    Boolean, CartesianPoint, CartesianShape, Date, DateNanos, DatePeriod, Double, GeoHash,
    GeoPoint, GeoShape, GeoTile, Integer, Ip, Keyword, Long, Null, Source, Text, TimeDuration,
    UnsignedLong, Unsupported, Version,
};

/// Every type, in the order of the enum.
pub const ALL: [DataType; 22] = [
    Null,
    Boolean,
    Integer,
    Long,
    UnsignedLong,
    Double,
    Keyword,
    Text,
    Ip,
    Version,
    Date,
    DateNanos,
    DatePeriod,
    TimeDuration,
    GeoPoint,
    GeoShape,
    CartesianPoint,
    CartesianShape,
    GeoHash,
    GeoTile,
    Source,
    Unsupported,
];

static UTC: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("UTC"));

impl DataType {
    /// The name in answers and messages.
    pub fn name(self) -> &'static str {
        match self {
            Null => "null",
            Boolean => "boolean",
            Integer => "integer",
            Long => "long",
            UnsignedLong => "unsigned_long",
            Double => "double",
            Keyword => "keyword",
            Text => "text",
            Ip => "ip",
            Version => "version",
            Date => "date",
            DateNanos => "date_nanos",
            DatePeriod => "date_period",
            TimeDuration => "time_duration",
            GeoPoint => "geo_point",
            GeoShape => "geo_shape",
            CartesianPoint => "cartesian_point",
            CartesianShape => "cartesian_shape",
            GeoHash => "geohash",
            GeoTile => "geotile",
            Source => "_source",
            Unsupported => "unsupported",
        }
    }

    /// The name in type errors, where a date is a `datetime` as in Elasticsearch.
    pub fn error_name(self) -> &'static str {
        if self == Date { "datetime" } else { self.name() }
    }

    /// The type that a cast (`x::name`) names, in any case.
    pub fn from_cast(name: &str) -> Option<DataType> {
        Some(match name.to_ascii_lowercase().as_str() {
            "bool" | "boolean" => Boolean,
            "int" | "integer" => Integer,
            "long" => Long,
            "unsigned_long" | "ul" | "ulong" => UnsignedLong,
            "double" => Double,
            "keyword" | "string" | "text" => Keyword,
            "ip" => Ip,
            "version" | "ver" => Version,
            "date" | "datetime" | "dt" => Date,
            "date_nanos" => DateNanos,
            "date_period" => DatePeriod,
            "time_duration" => TimeDuration,
            "geo_point" => GeoPoint,
            "geo_shape" => GeoShape,
            "cartesian_point" => CartesianPoint,
            "cartesian_shape" => CartesianShape,
            "geohash" => GeoHash,
            "geotile" => GeoTile,
            _ => return None,
        })
    }

    /// The type of a field that an Elasticsearch mapping declares with this name.
    pub fn from_mapping(name: &str) -> DataType {
        match name {
            "byte" | "short" | "integer" => Integer,
            "long" => Long,
            "unsigned_long" => UnsignedLong,
            "half_float" | "float" | "scaled_float" | "double" => Double,
            "keyword" | "constant_keyword" | "wildcard" => Keyword,
            "text" | "match_only_text" => Text,
            "boolean" => Boolean,
            "ip" => Ip,
            "version" => Version,
            "date" => Date,
            "date_nanos" => DateNanos,
            "geo_point" => GeoPoint,
            _ => Unsupported,
        }
    }

    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Integer | Long | UnsignedLong | Double)
    }

    /// Whether values are whole numbers.
    pub fn is_whole(self) -> bool {
        matches!(self, Integer | Long | UnsignedLong)
    }

    /// Whether values are text that functions of text take.
    pub fn is_text(self) -> bool {
        matches!(self, Keyword | Text)
    }

    /// Whether values are moments.
    pub fn is_date(self) -> bool {
        matches!(self, Date | DateNanos)
    }

    /// Whether values are points or shapes.
    pub fn is_spatial(self) -> bool {
        matches!(self, GeoPoint | GeoShape) || self.is_cartesian()
    }

    /// Whether values are points or shapes on a plane.
    pub fn is_cartesian(self) -> bool {
        matches!(self, CartesianPoint | CartesianShape)
    }

    /// Whether values are spans of time.
    pub fn is_timespan(self) -> bool {
        matches!(self, DatePeriod | TimeDuration)
    }

    /// The Arrow type of one value. Spans of time have none: they never stand in a column.
    pub fn arrow(self) -> ArrowType {
        match self {
            Null | Unsupported | DatePeriod | TimeDuration => ArrowType::Null,
            Boolean => ArrowType::Boolean,
            Integer => ArrowType::Int32,
            Long => ArrowType::Int64,
            UnsignedLong => ArrowType::UInt64,
            Double => ArrowType::Float64,
            Keyword | Text | Version | GeoShape | CartesianShape | GeoHash | GeoTile | Source => {
                ArrowType::Utf8View
            }
            // A point is its longitude and latitude as two doubles, so that it can be a key.
            Ip | GeoPoint | CartesianPoint => ArrowType::FixedSizeBinary(16),
            Date => ArrowType::Timestamp(TimeUnit::Millisecond, Some(UTC.clone())),
            DateNanos => ArrowType::Timestamp(TimeUnit::Nanosecond, Some(UTC.clone())),
        }
    }

    /// The Arrow type of a column: of one value, or of a list of values where there may be several.
    pub fn arrow_column(self, multi: bool) -> ArrowType {
        match self.arrow() {
            ArrowType::Null => ArrowType::Null,
            one if multi => ArrowType::List(item_field(one)),
            one => one,
        }
    }

    /// The type that both widen to in arithmetic, comparisons, `CASE` and `COALESCE`; `None` where they do not mix.
    pub fn common(self, other: DataType) -> Option<DataType> {
        let textless = |ty| if ty == Text { Keyword } else { ty };
        let (a, b) = (textless(self), textless(other));
        Some(match (a, b) {
            _ if a == b => a,
            (Null, ty) | (ty, Null) => ty,
            (UnsignedLong, Double) | (Double, UnsignedLong) => Double,
            (UnsignedLong, _) | (_, UnsignedLong) => return None,
            _ if a.is_number() && b.is_number() => a.max(b),
            (Date, DateNanos) | (DateNanos, Date) => DateNanos,
            _ => return None,
        })
    }
}

/// The element of a list column.
pub(crate) fn item_field(item: ArrowType) -> FieldRef {
    Arc::new(Field::new_list_field(item, true))
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of types: what a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u32);

impl Types {
    /// Exactly these types.
    pub const fn of(types: &[DataType]) -> Types {
        let mut bits = 0;
        let mut at = 0;
        while at < types.len() {
            bits |= 1 << types[at] as u32;
            at += 1;
        }
        Types(bits)
    }

    /// All of both.
    #[must_use]
    pub const fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Whether the type is one of them.
    pub const fn has(self, ty: DataType) -> bool {
        self.0 & (1 << ty as u32) != 0
    }

    /// The types, in the order of [`DataType`].
    pub fn iter(self) -> impl Iterator<Item = DataType> {
        ALL.into_iter().filter(move |ty| self.has(*ty))
    }
}

/// Keyword and text.
pub const TEXT: Types = Types::of(&[Keyword, Text]);
/// Integer and long.
pub const WHOLE: Types = Types::of(&[Integer, Long]);
/// Every number.
pub const NUMBER: Types = Types::of(&[Integer, Long, UnsignedLong, Double]);
/// Both kinds of moment.
pub const MOMENT: Types = Types::of(&[Date, DateNanos]);
/// Spans of time.
pub const TIMESPAN: Types = Types::of(&[DatePeriod, TimeDuration]);
/// Everything that has a smallest and a greatest value.
pub const ORDERED: Types = Types::of(&[
    Null,
    Boolean,
    Integer,
    Long,
    UnsignedLong,
    Double,
    Keyword,
    Text,
    Ip,
    Version,
    Date,
    DateNanos,
]);
/// Everything that a column can hold and an expression can use.
pub const ANY: Types = Types::of(&[
    Null,
    Boolean,
    Integer,
    Long,
    UnsignedLong,
    Double,
    Keyword,
    Text,
    Ip,
    Version,
    Date,
    DateNanos,
    GeoPoint,
    GeoShape,
    CartesianPoint,
    CartesianShape,
    GeoHash,
    GeoTile,
    Source,
]);
