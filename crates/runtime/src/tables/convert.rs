//! Columns of files that have a schema of their own, as columns of a table: other Arrow types for the same values, and
//! other types where several files or ECS say so.

use std::sync::Arc;

use brokerwatch_ecs::{Value as EcsValue, date, number, parse_ip};
use brokerwatch_esql::block::{Block, Builder};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use bumpalo::Bump;
use datafusion::arrow::array::{Array, ArrayRef, StructArray, new_null_array};
use datafusion::arrow::compute::{can_cast_types, cast};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Fields, TimeUnit};
use datafusion::common::Result;

use super::column::{arrange, ecs, point_of};

/// What says of a field which type it has, where its Arrow type does not.
pub(super) const TYPE_KEY: &str = "esql.type";

/// A column of a file: a field, or a field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// The name of the column, with dots.
    pub(super) name: String,
    /// The field of the file that it lies in.
    pub(super) root: usize,
    /// The fields of structs that lead to it.
    path: Vec<usize>,
    /// The type of its values; [`DataType::Unsupported`] where there is none for them.
    pub(super) ty: DataType,
    /// Whether a row may have several values.
    pub(super) multi: bool,
    /// The type that it has to have, if its own is no more than how it happens to be written.
    pub(super) meant: DataType,
    /// Whether its lists are as lists of a table have to be.
    arranged: bool,
}

/// The columns of a file with these fields. `types` says which types some have.
pub(super) fn leaves(fields: &Fields, types: &dyn Fn(&str) -> Option<DataType>) -> Vec<Leaf> {
    let mut found = Vec::new();
    for (root, field) in fields.iter().enumerate() {
        collect(field, field.name(), (root, &mut Vec::new()), types, &mut found);
    }
    found
}

fn collect(
    field: &Field,
    name: &str,
    (root, path): (usize, &mut Vec<usize>),
    types: &dyn Fn(&str) -> Option<DataType>,
    found: &mut Vec<Leaf>,
) {
    if let ArrowType::Struct(inner) = field.data_type() {
        for (at, field) in inner.iter().enumerate() {
            path.push(at);
            collect(field, &format!("{name}.{}", field.name()), (root, path), types, found);
            path.pop();
        }
        return;
    }
    let (item, multi) = item_of(field.data_type());
    let said = field.metadata().get(TYPE_KEY).and_then(|name| type_of_name(name));
    let said = said.or_else(|| types(name));
    let (own, arranged) = match said {
        Some(ty) if fits(item, ty) => (ty, true),
        _ => (type_of(item), false),
    };
    // What says nothing of itself is what ECS says.
    let meant = match (own, said) {
        (DataType::Unsupported, _) => own,
        (_, Some(said)) => said,
        (_, None) => ecs(name).map_or(own, |known| known.ty),
    };
    let name = name.to_owned();
    found.push(Leaf { name, root, path: path.clone(), ty: own, multi, meant, arranged });
}

/// The type of a name in metadata: as in answers, or as in mappings.
fn type_of_name(name: &str) -> Option<DataType> {
    let own = brokerwatch_esql::types::ALL.into_iter().find(|ty| ty.name() == name);
    own.or_else(|| Some(DataType::from_mapping(name))).filter(|ty| *ty != DataType::Unsupported)
}

/// The type of the values of an Arrow type, and whether it is one of lists.
fn item_of(ty: &ArrowType) -> (&ArrowType, bool) {
    match ty {
        ArrowType::List(item)
        | ArrowType::LargeList(item)
        | ArrowType::FixedSizeList(item, _)
        | ArrowType::ListView(item)
        | ArrowType::LargeListView(item) => (item.data_type(), true),
        ArrowType::Dictionary(_, value) => (value, false),
        other => (other, false),
    }
}

/// Whether values of an Arrow type can be those of a type as they are.
fn fits(item: &ArrowType, ty: DataType) -> bool {
    *item == ty.arrow() || (ty.arrow() != ArrowType::Null && can_cast_types(item, &ty.arrow()))
}

fn type_of(item: &ArrowType) -> DataType {
    match item {
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8
        | ArrowType::Int16
        | ArrowType::Int32
        | ArrowType::UInt8
        | ArrowType::UInt16 => DataType::Integer,
        ArrowType::Int64 | ArrowType::UInt32 => DataType::Long,
        ArrowType::UInt64 => DataType::UnsignedLong,
        ArrowType::Float16 | ArrowType::Float32 | ArrowType::Float64 => DataType::Double,
        ArrowType::Decimal32(..)
        | ArrowType::Decimal64(..)
        | ArrowType::Decimal128(..)
        | ArrowType::Decimal256(..) => DataType::Double,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::Keyword,
        ArrowType::Dictionary(_, value) => type_of(value),
        ArrowType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, _)
        | ArrowType::Date32
        | ArrowType::Date64 => DataType::Date,
        ArrowType::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, _) => {
            DataType::DateNanos
        }
        ArrowType::Null => DataType::Null,
        _ => DataType::Unsupported,
    }
}

impl Leaf {
    /// The array of this column in the array of its field.
    fn array(&self, root: &ArrayRef) -> ArrayRef {
        let mut array = Arc::clone(root);
        for at in &self.path {
            let inner = array
                .as_any()
                .downcast_ref::<StructArray>()
                .map(|array| Arc::clone(array.column(*at)));
            match inner {
                Some(inner) => array = inner,
                None => return new_null_array(&ArrowType::Null, root.len()),
            }
        }
        array
    }

    /// Whether the field is the column itself, with one value a row.
    pub(super) fn is_plain(&self) -> bool {
        self.path.is_empty() && !self.multi
    }

    /// The column of a batch as one of a table. Counts values that the type cannot hold.
    pub(super) fn read(
        &self,
        root: &ArrayRef,
        (ty, multi): (DataType, bool),
        source_order: bool,
        ill_typed: &mut u64,
    ) -> Result<ArrayRef> {
        let wanted = ty.arrow_column(multi);
        let array = self.array(root);
        let known = !matches!(self.ty, DataType::Null | DataType::Unsupported);
        if !known || wanted == ArrowType::Null {
            return Ok(new_null_array(&wanted, array.len()));
        }
        let own = self.ty.arrow_column(self.multi);
        let array = if *array.data_type() == own { array } else { cast(&array, &own)? };
        if wanted == own && ty == self.ty && (!multi || self.arranged) {
            return Ok(array);
        }
        let block = Block::new(&array, self.ty)?;
        let mut builder = Builder::new(ty, multi, array.len());
        let (mut texts, mut values) = (Bump::new(), Vec::new());
        for row in 0..array.len() {
            values.clear();
            block.read(row, &mut values);
            {
                let mut kept: Vec<Value<'_>> = Vec::with_capacity(values.len());
                for value in &values {
                    match convert(*value, ty, &texts) {
                        Some(value) => kept.push(value),
                        None => *ill_typed += 1,
                    }
                }
                if 1 < kept.len() && !source_order {
                    arrange(&mut kept, ty);
                }
                builder.push(&kept);
            }
            texts.reset();
        }
        builder.finish()
    }
}

/// A value as one of another type; `None` if that holds no such value.
#[expect(clippy::cast_precision_loss, reason = "a double holds a long as Java widens it")]
pub(super) fn convert<'v>(value: Value<'v>, to: DataType, texts: &'v Bump) -> Option<Value<'v>> {
    let whole = |value: Value<'_>| match value {
        Value::Double(double) => number::long_from_text(&double.to_string()),
        Value::Text(text) => number::long_from_text(text),
        Value::Boolean(_) => None,
        other => other.as_i64(),
    };
    match (to, value) {
        (DataType::Boolean, Value::Boolean(_))
        | (DataType::Integer, Value::Integer(_))
        | (DataType::Long, Value::Long(_))
        | (DataType::UnsignedLong, Value::Unsigned(_))
        | (DataType::Double, Value::Double(_))
        | (
            DataType::Keyword | DataType::Text | DataType::Version | DataType::Source,
            Value::Text(_),
        )
        | (DataType::Ip, Value::Ip(_))
        | (DataType::Date, Value::Date(_))
        | (DataType::DateNanos, Value::DateNanos(_))
        | (DataType::GeoPoint, Value::Point { .. }) => Some(value),
        (DataType::Integer, value) => i32::try_from(whole(value)?).ok().map(Value::Integer),
        (DataType::Long, value) => whole(value).map(Value::Long),
        (DataType::UnsignedLong, Value::Text(text)) => {
            text.trim().parse().ok().map(Value::Unsigned)
        }
        (DataType::UnsignedLong, value) => whole(value)?.try_into().ok().map(Value::Unsigned),
        (DataType::Double, Value::Text(text)) => number::double_from_text(text).map(Value::Double),
        (DataType::Double, Value::Integer(number)) => Some(Value::Double(number.into())),
        (DataType::Double, Value::Long(number)) => Some(Value::Double(number as f64)),
        (DataType::Double, Value::Unsigned(number)) => Some(Value::Double(number as f64)),
        (DataType::Boolean, Value::Text(text)) => text.parse().ok().map(Value::Boolean),
        (DataType::Ip, Value::Text(text)) => parse_ip(text.trim()).map(Value::Ip),
        (DataType::GeoPoint, Value::Text(text)) => point_of(text),
        (DataType::Date, Value::DateNanos(nanos)) => Some(Value::Date(nanos.div_euclid(1_000_000))),
        (DataType::Date, Value::Text(text)) => millis(date::parse(text)?.from).map(Value::Date),
        (DataType::Date, value @ (Value::Long(_) | Value::Integer(_))) => {
            value.as_i64().map(Value::Date)
        }
        (DataType::DateNanos, Value::Date(millis)) => {
            millis.checked_mul(1_000_000).map(Value::DateNanos)
        }
        (DataType::DateNanos, Value::Text(text)) => {
            let nanos = date::parse(text)?.from.as_nanosecond();
            i64::try_from(nanos).ok().map(Value::DateNanos)
        }
        (DataType::Keyword | DataType::Text, value) => {
            Some(Value::Text(texts.alloc_str(&text_of(value)?)))
        }
        _ => None,
    }
}

fn millis(moment: brokerwatch_ecs::Timestamp) -> Option<i64> {
    i64::try_from(moment.as_nanosecond().div_euclid(1_000_000)).ok()
}

/// A value as text, as `TO_STRING` writes it.
pub(super) fn text_of(value: Value<'_>) -> Option<String> {
    let moment = |nanos: i128| {
        let moment = brokerwatch_ecs::Timestamp::from_nanosecond(nanos).ok()?;
        Some(EcsValue::Date(moment).to_string())
    };
    Some(match value {
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Double(number) => number::java_double(number),
        Value::Text(text) => text.to_owned(),
        Value::Ip(address) => EcsValue::Ip(address).to_string(),
        Value::Date(millis) => moment(i128::from(millis) * 1_000_000)?,
        Value::DateNanos(nanos) => moment(nanos.into())?,
        Value::Point { lon, lat } => format!("POINT ({lon} {lat})"),
        Value::Period { .. } | Value::Duration(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_what_another_type_holds_of_them() {
        let texts = Bump::new();
        for (value, to, expected) in [
            (Value::Text("10.0.0.1"), DataType::Ip, parse_ip("10.0.0.1").map(Value::Ip)),
            (Value::Text("x"), DataType::Ip, None),
            (Value::Integer(7), DataType::Double, Some(Value::Double(7.0))),
            (Value::Long(1 << 40), DataType::Integer, None),
            (Value::Double(2.5), DataType::Keyword, Some(Value::Text("2.5"))),
            (Value::DateNanos(-1), DataType::Date, Some(Value::Date(-1))),
            (Value::Text("1970-01-01T00:00:01Z"), DataType::Date, Some(Value::Date(1000))),
            (Value::Date(1), DataType::Keyword, Some(Value::Text("1970-01-01T00:00:00.001Z"))),
            (Value::Boolean(true), DataType::Long, None),
        ] {
            assert_eq!(convert(value, to, &texts), expected, "{value:?} as {to}");
        }
    }

    #[test]
    fn a_schema_gives_flat_columns() {
        let inner = Fields::from(vec![Field::new("ip", ArrowType::Utf8, true)]);
        let said = Field::new("address", ArrowType::FixedSizeBinary(16), true)
            .with_metadata([(TYPE_KEY.to_owned(), "ip".to_owned())].into());
        let fields = Fields::from(vec![
            Field::new("source", ArrowType::Struct(inner), true),
            said,
            Field::new_list("tags", Field::new_list_field(ArrowType::Utf8, true), true),
            Field::new("raw", ArrowType::Binary, true),
        ]);
        let found = leaves(&fields, &|_| None);
        let found: Vec<_> =
            found.iter().map(|leaf| (&*leaf.name, leaf.ty, leaf.meant, leaf.multi)).collect();
        let expected = [
            ("source.ip", DataType::Keyword, DataType::Ip, false),
            ("address", DataType::Ip, DataType::Ip, false),
            ("tags", DataType::Keyword, DataType::Keyword, true),
            ("raw", DataType::Unsupported, DataType::Unsupported, false),
        ];
        assert_eq!(found, expected);
    }
}
