//! The types a field or an expression can have.

use std::fmt;

/// The type of a field or of an expression.
///
/// Elasticsearch has more names than meanings: `wildcard`, `constant_keyword` and `match_only_text`
/// behave as [`Type::Keyword`], every integer as [`Type::Long`], every float as [`Type::Double`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Text, compared whole and by its UTF-8 bytes.
    Keyword,
    /// A 64-bit signed integer.
    Long,
    /// A 64-bit float.
    Double,
    /// True or false.
    Boolean,
    /// An IPv4 or IPv6 address, in one 128-bit space.
    Ip,
    /// A moment, to the millisecond.
    Date,
    /// A moment, to the nanosecond.
    DateNanos,
    /// A version, ordered as semantic versions are.
    Version,
    /// Not declared anywhere: each value brings its own JSON type.
    Dynamic,
    /// The type of the literal `null`.
    Null,
}

impl Type {
    /// The type behind a mapping's type name; `None` for types that cannot be searched.
    ///
    /// ```
    /// use brokerwatch_ecs::Type;
    /// assert_eq!(Type::from_mapping("wildcard"), Some(Type::Keyword));
    /// assert_eq!(Type::from_mapping("nested"), None);
    /// ```
    pub fn from_mapping(name: &str) -> Option<Type> {
        Some(match name {
            "keyword" | "wildcard" | "constant_keyword" | "flattened" | "match_only_text" => {
                Type::Keyword
            }
            "long" | "integer" | "short" | "byte" | "unsigned_long" => Type::Long,
            "double" | "float" | "half_float" | "scaled_float" => Type::Double,
            "boolean" => Type::Boolean,
            "ip" => Type::Ip,
            "date" => Type::Date,
            "date_nanos" => Type::DateNanos,
            "version" => Type::Version,
            _ => return None,
        })
    }

    /// The name that Elasticsearch's messages use.
    pub fn name(self) -> &'static str {
        match self {
            Type::Keyword => "keyword",
            Type::Long => "long",
            Type::Double => "double",
            Type::Boolean => "boolean",
            Type::Ip => "ip",
            Type::Date => "date",
            Type::DateNanos => "date_nanos",
            Type::Version => "version",
            Type::Dynamic => "dynamic",
            Type::Null => "null",
        }
    }

    /// Whether values of this type are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Type::Long | Type::Double)
    }

    /// Whether values of this type are moments.
    pub fn is_date(self) -> bool {
        matches!(self, Type::Date | Type::DateNanos)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
