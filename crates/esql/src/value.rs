//! Values: one of a row, and those that a query writes down or that are computed once.

use std::cmp::Ordering;
use std::net::Ipv6Addr;

use brokerwatch_ecs::{number, version};
use bumpalo::Bump;

use crate::functions::calendar::epoch_nanos;
use crate::functions::date_pattern::iso;
use crate::types::DataType;

/// One present, single value. Text borrows from the batch or from the [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'v> {
    /// True or false.
    Boolean(bool),
    /// 32 bits with a sign.
    Integer(i32),
    /// 64 bits with a sign.
    Long(i64),
    /// 64 bits without a sign.
    Unsigned(u64),
    /// A float.
    Double(f64),
    /// Text: a keyword, a version or a document, as the type beside it says.
    Text(&'v str),
    /// An address; IPv4 stands in `::ffff:0:0/96`.
    Ip(Ipv6Addr),
    /// Milliseconds since the epoch.
    Date(i64),
    /// Nanoseconds since the epoch.
    DateNanos(i64),
    /// Months and days.
    Period {
        /// The months.
        months: i64,
        /// The days.
        days: i64,
    },
    /// Milliseconds.
    Duration(i64),
    /// A point on the earth, in degrees.
    Point {
        /// The longitude.
        lon: f64,
        /// The latitude.
        lat: f64,
    },
}

/// Where bodies of functions put new text. It lives as long as the batch.
#[derive(Debug, Default)]
pub struct Arena(Bump);

impl Arena {
    /// Keeps a text.
    pub fn text<'v>(&'v self, text: &str) -> Value<'v> {
        Value::Text(self.0.alloc_str(text))
    }

    /// Forgets all texts.
    pub(crate) fn clear(&mut self) {
        self.0.reset();
    }
}

impl<'v> Value<'v> {
    /// The text.
    pub fn as_str(&self) -> Option<&'v str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number of any width that fits 64 bits with a sign.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Value::Integer(number) => Some(number.into()),
            Value::Long(number) => Some(number),
            Value::Unsigned(number) => number.try_into().ok(),
            _ => None,
        }
    }

    /// Any number, as Java widens it to a double.
    #[expect(clippy::cast_precision_loss, reason = "Java widens a long to a double the same way")]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Value::Integer(number) => Some(number.into()),
            Value::Long(number) => Some(number as f64),
            Value::Unsigned(number) => Some(number as f64),
            Value::Double(number) => Some(number),
            _ => None,
        }
    }

    /// True or false.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A moment of any year as ISO 8601 in UTC, such as `+292278994-08-17T07:12:55.807Z`.
    pub fn as_iso(&self) -> Option<String> {
        epoch_nanos(*self).map(iso)
    }

    /// The order of two values of type `ty` or of two numbers; `None` if they cannot be compared.
    pub fn compare(&self, other: &Value<'_>, ty: DataType) -> Option<Ordering> {
        Some(match (self, other) {
            (Value::Text(a), Value::Text(b)) if ty == DataType::Version => version::compare(a, b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
            (Value::Date(a), Value::Date(b)) | (Value::DateNanos(a), Value::DateNanos(b)) => {
                a.cmp(b)
            }
            (Value::Date(a), Value::DateNanos(b)) => {
                (i128::from(*a) * 1_000_000).cmp(&i128::from(*b))
            }
            (Value::DateNanos(a), Value::Date(b)) => {
                i128::from(*a).cmp(&(i128::from(*b) * 1_000_000))
            }
            (Value::Point { lon: x, lat: y }, Value::Point { lon, lat }) => {
                x.total_cmp(lon).then(y.total_cmp(lat))
            }
            (Value::Double(a), Value::Double(b)) => a.partial_cmp(b)?,
            (Value::Double(a), b) => b.compare_double(*a)?.reverse(),
            (a, Value::Double(b)) => a.compare_double(*b)?,
            (a, b) => a.as_i128()?.cmp(&b.as_i128()?),
        })
    }

    /// The order of a whole number and a double, without losing digits.
    #[expect(clippy::cast_sign_loss, reason = "the double is at least 2^63 and less than 2^64")]
    fn compare_double(self, double: f64) -> Option<Ordering> {
        match (self, self.as_i64()) {
            (_, Some(long)) => number::compare_long_double(long, double),
            // From 2^63 on every double is whole.
            (Value::Unsigned(number), None) => match number::compare_long_double(i64::MAX, double)?
            {
                Ordering::Less if 18_446_744_073_709_551_616.0 <= double => Some(Ordering::Less),
                Ordering::Less => Some(number.cmp(&(double as u64))),
                _ => Some(Ordering::Greater),
            },
            _ => None,
        }
    }

    fn as_i128(self) -> Option<i128> {
        match self {
            Value::Unsigned(number) => Some(number.into()),
            other => other.as_i64().map(i128::from),
        }
    }

    /// The same value, with text of its own.
    pub fn to_owned(self) -> Scalar {
        match self {
            Value::Boolean(flag) => Scalar::Boolean(flag),
            Value::Integer(number) => Scalar::Integer(number),
            Value::Long(number) => Scalar::Long(number),
            Value::Unsigned(number) => Scalar::Unsigned(number),
            Value::Double(number) => Scalar::Double(number),
            Value::Text(text) => Scalar::Text(text.into()),
            Value::Ip(address) => Scalar::Ip(address),
            Value::Date(millis) => Scalar::Date(millis),
            Value::DateNanos(nanos) => Scalar::DateNanos(nanos),
            Value::Period { months, days } => Scalar::Period { months, days },
            Value::Duration(millis) => Scalar::Duration(millis),
            Value::Point { lon, lat } => Scalar::Point { lon, lat },
        }
    }
}

/// One value with text of its own. See [`Value`].
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is the one of `Value` that has its name")]
pub enum Scalar {
    Boolean(bool),
    Integer(i32),
    Long(i64),
    Unsigned(u64),
    Double(f64),
    Text(Box<str>),
    Ip(Ipv6Addr),
    Date(i64),
    DateNanos(i64),
    Period { months: i64, days: i64 },
    Duration(i64),
    Point { lon: f64, lat: f64 },
}

impl Scalar {
    /// The value, borrowed.
    pub fn get(&self) -> Value<'_> {
        match self {
            Scalar::Boolean(flag) => Value::Boolean(*flag),
            Scalar::Integer(number) => Value::Integer(*number),
            Scalar::Long(number) => Value::Long(*number),
            Scalar::Unsigned(number) => Value::Unsigned(*number),
            Scalar::Double(number) => Value::Double(*number),
            Scalar::Text(text) => Value::Text(text),
            Scalar::Ip(address) => Value::Ip(*address),
            Scalar::Date(millis) => Value::Date(*millis),
            Scalar::DateNanos(nanos) => Value::DateNanos(*nanos),
            Scalar::Period { months, days } => Value::Period { months: *months, days: *days },
            Scalar::Duration(millis) => Value::Duration(*millis),
            Scalar::Point { lon, lat } => Value::Point { lon: *lon, lat: *lat },
        }
    }
}

/// A constant: null (no values), one value, or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// The type of the values.
    pub ty: DataType,
    /// The values; none for null.
    pub values: Vec<Scalar>,
}

impl Constant {
    /// No value.
    pub fn null() -> Constant {
        Constant { ty: DataType::Null, values: Vec::new() }
    }

    /// One value.
    pub fn one(ty: DataType, value: Scalar) -> Constant {
        Constant { ty, values: vec![value] }
    }

    /// A keyword.
    pub fn text(text: &str) -> Constant {
        Constant::one(DataType::Keyword, Scalar::Text(text.into()))
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        self.values.is_empty()
    }

    /// The single value, if there is exactly one.
    pub fn single(&self) -> Option<Value<'_>> {
        match self.values.as_slice() {
            [one] => Some(one.get()),
            _ => None,
        }
    }

    /// The single text, if there is exactly one value and it is text.
    pub fn as_str(&self) -> Option<&str> {
        self.single()?.as_str()
    }
}
