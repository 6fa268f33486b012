//! Columns of a batch as values, and values as columns.
//!
//! A column is an Arrow array of single values, or a list array where a row may have several. A null and an empty list
//! are the same: no value; nulls inside a list are dropped.

use std::net::Ipv6Addr;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder, ListArray,
    NullArray, StringArray, StringViewArray, StringViewBuilder, TimestampMillisecondArray,
    TimestampMillisecondBuilder, TimestampNanosecondArray, TimestampNanosecondBuilder, UInt64Array,
    UInt64Builder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::{Result, ScalarValue, internal_err};

use crate::types::{DataType, item_field};
use crate::value::{Constant, Value};

/// A column of a batch, to be read row by row.
#[derive(Debug)]
pub struct Block<'a> {
    shape: Shape<'a>,
    items: Items<'a>,
}

#[derive(Debug)]
enum Shape<'a> {
    /// One value a row at most.
    Single,
    /// A list a row.
    Lists(&'a ListArray),
    /// The same for every row: that of row 0.
    Constant,
}

#[derive(Debug)]
enum Items<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Integer(&'a Int32Array),
    Long(&'a Int64Array),
    Unsigned(&'a UInt64Array),
    Double(&'a Float64Array),
    Text(&'a StringViewArray),
    PlainText(&'a StringArray),
    Ip(&'a FixedSizeBinaryArray),
    Point(&'a FixedSizeBinaryArray),
    Date(&'a TimestampMillisecondArray),
    DateNanos(&'a TimestampNanosecondArray),
}

impl<'a> Block<'a> {
    /// The column behind an array whose values have type `ty`.
    pub fn new(array: &'a ArrayRef, ty: DataType) -> Result<Block<'a>> {
        match array.as_any().downcast_ref::<ListArray>() {
            Some(lists) => {
                Ok(Block { shape: Shape::Lists(lists), items: Items::new(lists.values(), ty)? })
            }
            None => Ok(Block { shape: Shape::Single, items: Items::new(array, ty)? }),
        }
    }

    /// The column that has the value of row 0 in every row. Lists stay lists.
    #[must_use]
    pub fn constant(self) -> Block<'a> {
        match self.shape {
            Shape::Single => Block { shape: Shape::Constant, ..self },
            _ => self,
        }
    }

    /// The value of a row in a column of single values; none in one of lists.
    pub fn one(&self, row: usize) -> Option<Value<'a>> {
        match &self.shape {
            Shape::Single => self.items.at(row),
            Shape::Constant => self.items.at(0),
            Shape::Lists(_) => None,
        }
    }

    /// Appends the values of a row, in order. A constant list is read at row 0 by its holder.
    #[expect(clippy::cast_sign_loss, reason = "offsets are never negative")]
    pub fn read(&self, row: usize, into: &mut Vec<Value<'a>>) {
        match &self.shape {
            Shape::Single => into.extend(self.items.at(row)),
            Shape::Constant => into.extend(self.items.at(0)),
            Shape::Lists(lists) => {
                let row = if lists.len() == 1 { 0 } else { row };
                if lists.is_valid(row) {
                    let offsets = lists.value_offsets();
                    let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
                    into.extend((from..to).filter_map(|at| self.items.at(at)));
                }
            }
        }
    }
}

impl<'a> Items<'a> {
    fn new(array: &'a ArrayRef, ty: DataType) -> Result<Items<'a>> {
        let any = array.as_any();
        macro_rules! typed {
            ($variant:ident) => {
                match any.downcast_ref() {
                    Some(array) => Items::$variant(array),
                    None => return internal_err!("{} cannot be read as {ty}", array.data_type()),
                }
            };
        }
        Ok(match (ty, array.data_type()) {
            (_, ArrowType::Null) => Items::Null,
            (DataType::Boolean, _) => typed!(Boolean),
            (DataType::Integer, _) => typed!(Integer),
            (DataType::Long, _) => typed!(Long),
            (DataType::UnsignedLong, _) => typed!(Unsigned),
            (DataType::Double, _) => typed!(Double),
            (_, ArrowType::Utf8) => typed!(PlainText),
            (
                DataType::Keyword
                | DataType::Text
                | DataType::Version
                | DataType::GeoShape
                | DataType::CartesianShape
                | DataType::GeoHash
                | DataType::GeoTile
                | DataType::Source,
                _,
            ) => typed!(Text),
            (DataType::Ip, _) => typed!(Ip),
            (DataType::GeoPoint | DataType::CartesianPoint, _) => typed!(Point),
            (DataType::Date, _) => typed!(Date),
            (DataType::DateNanos, _) => typed!(DateNanos),
            (_, other) => return internal_err!("{other} cannot be read as {ty}"),
        })
    }

    fn at(&self, row: usize) -> Option<Value<'a>> {
        macro_rules! present {
            ($array:ident, $wrap:expr) => {
                $array.is_valid(row).then(|| $wrap($array.value(row)))
            };
        }
        match self {
            Items::Null => None,
            Items::Boolean(array) => present!(array, Value::Boolean),
            Items::Integer(array) => present!(array, Value::Integer),
            Items::Long(array) => present!(array, Value::Long),
            Items::Unsigned(array) => present!(array, Value::Unsigned),
            Items::Double(array) => present!(array, Value::Double),
            Items::Text(array) => present!(array, Value::Text),
            Items::PlainText(array) => present!(array, Value::Text),
            Items::Ip(array) => present!(array, |bytes: &[u8]| Value::Ip(address(bytes))),
            Items::Point(array) => present!(array, point),
            Items::Date(array) => present!(array, Value::Date),
            Items::DateNanos(array) => present!(array, Value::DateNanos),
        }
    }
}

fn address(bytes: &[u8]) -> Ipv6Addr {
    let mut octets = [0; 16];
    octets.copy_from_slice(bytes);
    Ipv6Addr::from(octets)
}

fn point(bytes: &[u8]) -> Value<'static> {
    let half = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        f64::from_le_bytes(eight)
    };
    Value::Point { lon: half(0), lat: half(8) }
}

/// Builds a column row by row.
#[derive(Debug)]
pub struct Builder {
    items: ItemsBuilder,
    /// The ends of the lists and which rows have one; none for a column of single values.
    lists: Option<Lists>,
    rows: usize,
    text_bytes: usize,
}

#[derive(Debug)]
struct Lists {
    offsets: Vec<i32>,
    valid: Vec<bool>,
    item: ArrowType,
}

#[derive(Debug)]
enum ItemsBuilder {
    Null,
    Boolean(BooleanBuilder),
    Integer(Int32Builder),
    Long(Int64Builder),
    Unsigned(UInt64Builder),
    Double(Float64Builder),
    Text(StringViewBuilder),
    Bytes(FixedSizeBinaryBuilder),
    Date(TimestampMillisecondBuilder),
    DateNanos(TimestampNanosecondBuilder),
}

impl Builder {
    /// An empty column of type `ty` with room for `rows` rows.
    pub fn new(ty: DataType, multi: bool, rows: usize) -> Builder {
        let items = ItemsBuilder::new(ty, rows);
        let lists = (multi && !matches!(items, ItemsBuilder::Null)).then(|| {
            let mut offsets = Vec::with_capacity(rows + 1);
            offsets.push(0);
            Lists { offsets, valid: Vec::with_capacity(rows), item: ty.arrow() }
        });
        Builder { items, lists, rows: 0, text_bytes: 0 }
    }

    /// Appends a row. Values of another type than the column's are left out; of several values in a column of single
    /// ones the first is kept.
    pub fn push(&mut self, values: &[Value<'_>]) {
        self.rows += 1;
        self.text_bytes += values.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
        match &mut self.lists {
            None => match values.first() {
                Some(value) if self.items.push(*value) => {}
                _ => self.items.push_null(),
            },
            Some(lists) => {
                let added = values.iter().filter(|value| self.items.push(**value)).count();
                let end = lists.offsets.last().copied().unwrap_or_default();
                lists.offsets.push(end + added as i32);
                lists.valid.push(added != 0);
            }
        }
    }

    /// The bytes of all texts so far.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// The column.
    pub fn finish(self) -> Result<ArrayRef> {
        let items = self.items.finish(self.rows);
        Ok(match self.lists {
            None => items,
            Some(lists) => Arc::new(ListArray::try_new(
                item_field(lists.item),
                OffsetBuffer::new(lists.offsets.into()),
                items,
                Some(NullBuffer::from(lists.valid)),
            )?),
        })
    }
}

impl ItemsBuilder {
    fn new(ty: DataType, rows: usize) -> ItemsBuilder {
        match ty {
            DataType::Boolean => ItemsBuilder::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Integer => ItemsBuilder::Integer(Int32Builder::with_capacity(rows)),
            DataType::Long => ItemsBuilder::Long(Int64Builder::with_capacity(rows)),
            DataType::UnsignedLong => ItemsBuilder::Unsigned(UInt64Builder::with_capacity(rows)),
            DataType::Double => ItemsBuilder::Double(Float64Builder::with_capacity(rows)),
            DataType::Keyword
            | DataType::Text
            | DataType::Version
            | DataType::GeoShape
            | DataType::CartesianShape
            | DataType::GeoHash
            | DataType::GeoTile
            | DataType::Source => ItemsBuilder::Text(StringViewBuilder::with_capacity(rows)),
            DataType::Ip | DataType::GeoPoint | DataType::CartesianPoint => {
                ItemsBuilder::Bytes(FixedSizeBinaryBuilder::with_capacity(rows, 16))
            }
            DataType::Date => ItemsBuilder::Date(
                TimestampMillisecondBuilder::with_capacity(rows).with_data_type(ty.arrow()),
            ),
            DataType::DateNanos => ItemsBuilder::DateNanos(
                TimestampNanosecondBuilder::with_capacity(rows).with_data_type(ty.arrow()),
            ),
            DataType::Null
            | DataType::Unsupported
            | DataType::DatePeriod
            | DataType::TimeDuration => ItemsBuilder::Null,
        }
    }

    /// Whether the value was taken.
    fn push(&mut self, value: Value<'_>) -> bool {
        match (self, value) {
            (ItemsBuilder::Boolean(to), Value::Boolean(flag)) => to.append_value(flag),
            (ItemsBuilder::Integer(to), Value::Integer(number)) => to.append_value(number),
            (ItemsBuilder::Long(to), Value::Long(number)) => to.append_value(number),
            (ItemsBuilder::Long(to), Value::Integer(number)) => to.append_value(number.into()),
            (ItemsBuilder::Unsigned(to), Value::Unsigned(number)) => to.append_value(number),
            (ItemsBuilder::Double(to), Value::Double(number)) => to.append_value(number),
            (
                ItemsBuilder::Double(to),
                value @ (Value::Integer(_) | Value::Long(_) | Value::Unsigned(_)),
            ) => match value.as_f64() {
                Some(number) => to.append_value(number),
                None => return false,
            },
            (ItemsBuilder::Text(to), Value::Text(text)) => to.append_value(text),
            (ItemsBuilder::Bytes(to), Value::Ip(address)) => {
                return to.append_value(address.octets()).is_ok();
            }
            (ItemsBuilder::Bytes(to), Value::Point { lon, lat }) => {
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&lon.to_le_bytes());
                bytes[8..].copy_from_slice(&lat.to_le_bytes());
                return to.append_value(bytes).is_ok();
            }
            (ItemsBuilder::Date(to), Value::Date(millis)) => to.append_value(millis),
            (ItemsBuilder::DateNanos(to), Value::DateNanos(nanos)) => to.append_value(nanos),
            _ => return false,
        }
        true
    }

    fn push_null(&mut self) {
        match self {
            ItemsBuilder::Null => {}
            ItemsBuilder::Boolean(to) => to.append_null(),
            ItemsBuilder::Integer(to) => to.append_null(),
            ItemsBuilder::Long(to) => to.append_null(),
            ItemsBuilder::Unsigned(to) => to.append_null(),
            ItemsBuilder::Double(to) => to.append_null(),
            ItemsBuilder::Text(to) => to.append_null(),
            ItemsBuilder::Bytes(to) => to.append_null(),
            ItemsBuilder::Date(to) => to.append_null(),
            ItemsBuilder::DateNanos(to) => to.append_null(),
        }
    }

    fn finish(self, rows: usize) -> ArrayRef {
        match self {
            ItemsBuilder::Null => Arc::new(NullArray::new(rows)),
            ItemsBuilder::Boolean(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Integer(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Long(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Unsigned(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Double(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Text(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Bytes(mut built) => Arc::new(built.finish()),
            ItemsBuilder::Date(mut built) => Arc::new(built.finish()),
            ItemsBuilder::DateNanos(mut built) => Arc::new(built.finish()),
        }
    }
}

/// A constant as DataFusion's literal for a column of this type. Spans of time have none.
pub(crate) fn literal(constant: &Constant, ty: DataType, multi: bool) -> Result<ScalarValue> {
    let mut builder = Builder::new(ty, multi, 1);
    let values: Vec<Value<'_>> = constant.values.iter().map(super::value::Scalar::get).collect();
    builder.push(&values);
    ScalarValue::try_from_array(&builder.finish()?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ALL;

    /// Rows of every type, written and read back, as single values and as lists.
    #[test]
    fn what_is_built_is_read() {
        for ty in ALL.into_iter().filter(|ty| ty.arrow() != ArrowType::Null) {
            let value = match ty {
                DataType::Boolean => Value::Boolean(true),
                DataType::Integer => Value::Integer(-3),
                DataType::Long => Value::Long(i64::MIN),
                DataType::UnsignedLong => Value::Unsigned(u64::MAX),
                DataType::Double => Value::Double(0.5),
                DataType::Ip => Value::Ip(Ipv6Addr::LOCALHOST),
                DataType::Date => Value::Date(1),
                DataType::DateNanos => Value::DateNanos(2),
                DataType::GeoPoint | DataType::CartesianPoint => {
                    Value::Point { lon: 1.5, lat: -2.5 }
                }
                _ => Value::Text("text that is longer than a view holds in place"),
            };
            for multi in [false, true] {
                let mut builder = Builder::new(ty, multi, 3);
                builder.push(&[]);
                builder.push(&[value]);
                builder.push(&[value, value]);
                let array = builder.finish().unwrap();
                assert_eq!(array.data_type(), &ty.arrow_column(multi), "{ty}");
                let block = Block::new(&array, ty).unwrap();
                let counts: Vec<usize> = (0..3)
                    .map(|row| {
                        let mut values = Vec::new();
                        block.read(row, &mut values);
                        assert!(values.iter().all(|read| *read == value), "{ty}");
                        values.len()
                    })
                    .collect();
                assert_eq!(counts, if multi { [0, 1, 2] } else { [0, 1, 1] }, "{ty}");
            }
        }
    }

    #[test]
    fn a_constant_has_its_value_in_every_row() {
        let mut builder = Builder::new(DataType::Long, false, 1);
        builder.push(&[Value::Long(7)]);
        let array = builder.finish().unwrap();
        let mut values = Vec::new();
        Block::new(&array, DataType::Long).unwrap().constant().read(41, &mut values);
        assert_eq!(values, [Value::Long(7)]);
    }
}
