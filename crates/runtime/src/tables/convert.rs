//! Columns of files that have a schema of their own, as columns of a table: other Arrow types for the same values, and
//! other types where several files or ECS say so.

use std::convert::Infallible;
use std::sync::Arc;

use brokerwatch_ecs::{Value as EcsValue, date, number, parse_ip};
use brokerwatch_esql::block::{Block, Builder};
use brokerwatch_esql::repeats::{Again, Repeats};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use bumpalo::Bump;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, ListArray, StringViewArray, UInt64Array, make_array,
    new_null_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{can_cast_types, cast, take};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, FieldRef, Fields, TimeUnit};
use datafusion::common::Result;

use super::column::{arrange, ecs, point_of};

/// What says of a field which type it has, where its Arrow type does not.
pub(super) const TYPE_KEY: &str = "esql.type";

/// A column of a file: a field, or a field of a struct. What lies in lists of structs has the values of all of them, as
/// arrays of objects have in documents.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// The name of the column, with dots.
    pub(super) name: String,
    /// The field of the file that it lies in.
    pub(super) root: usize,
    /// What leads from that field to it.
    path: Vec<Step>,
    /// The type of its values; [`DataType::Unsupported`] where there is none for them.
    pub(super) ty: DataType,
    /// Whether a row may have several values.
    pub(super) multi: bool,
    /// The type that it has to have, if its own is no more than how it happens to be written.
    pub(super) meant: DataType,
    /// Whether its lists are as lists of a table have to be.
    arranged: bool,
}

/// A step from a field to what lies in it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// To a field of a struct.
    Field(usize),
    /// To the items of a list.
    Items,
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
    (root, path): (usize, &mut Vec<Step>),
    types: &dyn Fn(&str) -> Option<DataType>,
    found: &mut Vec<Leaf>,
) {
    if let ArrowType::Struct(inner) = field.data_type() {
        for (at, field) in inner.iter().enumerate() {
            path.push(Step::Field(at));
            collect(field, &format!("{name}.{}", field.name()), (root, path), types, found);
            path.pop();
        }
        return;
    }
    let in_lists = path.contains(&Step::Items);
    if let Some(item) = item_field(field.data_type())
        && (in_lists || item.data_type().is_nested())
    {
        path.push(Step::Items);
        collect(item, name, (root, path), types, found);
        path.pop();
        return;
    }
    let (item, multi) = item_of(field.data_type());
    let (multi, named) = (multi || in_lists, field.metadata().get(TYPE_KEY));
    let said = named.and_then(|name| type_of_name(name));
    let said = said.or_else(|| types(name));
    let (own, arranged) = match said {
        Some(ty) if fits(item, ty) => (ty, !in_lists),
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
    match (item_field(ty), ty) {
        (Some(item), _) => (item.data_type(), true),
        (None, ArrowType::Dictionary(_, value)) => (value, false),
        (None, other) => (other, false),
    }
}

/// The items of a type of lists.
fn item_field(ty: &ArrowType) -> Option<&FieldRef> {
    match ty {
        ArrowType::List(item)
        | ArrowType::LargeList(item)
        | ArrowType::FixedSizeList(item, _)
        | ArrowType::ListView(item)
        | ArrowType::LargeListView(item) => Some(item),
        _ => None,
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
    fn array(&self, root: &ArrayRef) -> Result<ArrayRef> {
        let mut array = Arc::clone(root);
        let mut items: Option<Items> = None;
        for step in &self.path {
            match step {
                Step::Field(at) => {
                    let inner = array.as_struct_opt().map(|array| Arc::clone(array.column(*at)));
                    let Some(inner) = inner else {
                        return Ok(new_null_array(&ArrowType::Null, root.len()));
                    };
                    array = inner;
                }
                Step::Items => {
                    let item = item_of(array.data_type()).0.clone();
                    let list = cast(&array, &ArrowType::new_list(item, true))?;
                    let list = list.as_list::<i32>();
                    items = Some(Items::of(list, items.as_ref()));
                    array = Arc::clone(list.values());
                }
            }
        }
        items.map_or(Ok(Arc::clone(&array)), |items| items.lists(&array))
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
        let array = self.array(root)?;
        let known = !matches!(self.ty, DataType::Null | DataType::Unsupported);
        if !known || wanted == ArrowType::Null {
            return Ok(new_null_array(&wanted, array.len()));
        }
        let own = self.ty.arrow_column(self.multi);
        let array = if *array.data_type() == own { array } else { as_type(&array, &own)? };
        if wanted == own && ty == self.ty && (!multi || self.arranged) {
            return Ok(array);
        }
        let block = Block::new(&array, self.ty)?;
        if !multi && !self.multi {
            return singles(&array, &block, ty, ill_typed);
        }
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

/// Which items of the lists that lie in each row are its values.
struct Items {
    /// The numbers of the items, row after row.
    numbers: Vec<u64>,
    /// How many of them each row has.
    lengths: Vec<usize>,
}

impl Items {
    /// The items of a column of lists, of which each row has one, or those that `rows` says.
    fn of(lists: &ListArray, rows: Option<&Items>) -> Items {
        let mut items = Items { numbers: Vec::new(), lengths: Vec::new() };
        let mut add = |list: usize| {
            // What a missing list lies over are nobody's items.
            let offsets = lists.value_offsets();
            let span = if lists.is_valid(list) { offsets[list]..offsets[list + 1] } else { 0..0 };
            items.numbers.extend(span.clone().map(i64::from).map(i64::unsigned_abs));
            span.len()
        };
        items.lengths = match rows {
            None => (0..lists.len()).map(add).collect(),
            Some(rows) => {
                let mut numbers =
                    rows.numbers.iter().filter_map(|number| usize::try_from(*number).ok());
                let lengths = rows.lengths.iter();
                lengths.map(|length| numbers.by_ref().take(*length).map(&mut add).sum()).collect()
            }
        };
        items
    }

    /// The values that are these items, as a list for each row.
    fn lists(self, values: &ArrayRef) -> Result<ArrayRef> {
        let values = take(values, &UInt64Array::from(self.numbers), None)?;
        let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        Ok(Arc::new(ListArray::try_new(item, offsets, values, None)?))
    }
}

/// An array as one of another Arrow type. A moment without a zone is one of UTC: its number is the same.
fn as_type(array: &ArrayRef, wanted: &ArrowType) -> Result<ArrayRef> {
    let (ArrowType::Timestamp(_, None), Some(plain)) = (array.data_type(), without_zone(wanted))
    else {
        return Ok(cast(array, wanted)?);
    };
    let data = cast(array, &plain)?.to_data().into_builder().data_type(wanted.clone());
    Ok(make_array(data.build()?))
}

/// The type of the same moments without their zone; `None` if it is none of moments in UTC.
pub(super) fn without_zone(ty: &ArrowType) -> Option<ArrowType> {
    match ty {
        ArrowType::Timestamp(unit, Some(zone)) if **zone == *UTC => {
            Some(ArrowType::Timestamp(*unit, None))
        }
        _ => None,
    }
}

/// The zone of all moments of tables.
const UTC: &str = "UTC";

/// Rows of one value at most as values of another type. Counts values that it cannot hold.
fn singles(
    array: &ArrayRef,
    block: &Block<'_>,
    ty: DataType,
    ill_typed: &mut u64,
) -> Result<ArrayRef> {
    let mut builder = Builder::new(ty, false, 0);
    let mut made = Bump::new();
    let mut convert_row = |row: usize| {
        let value = block.one(row);
        let converted = value.and_then(|value| convert(value, ty, &made));
        builder.push(converted.as_slice());
        let is_ill = value.is_some() && converted.is_none();
        made.reset();
        *ill_typed += u64::from(is_ill);
        // Each such value is counted.
        Ok::<_, Infallible>(if is_ill { Again::No } else { Again::Yes })
    };
    if let Some(texts) = array.as_any().downcast_ref::<StringViewArray>() {
        let Ok(repeats) = Repeats::of(texts, convert_row);
        return repeats.spread(builder.finish()?);
    }
    for row in 0..array.len() {
        let Ok(_) = convert_row(row);
    }
    builder.finish()
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
    use datafusion::arrow::array::{
        DictionaryArray, StringArray, StructArray, TimestampMillisecondArray,
    };
    use datafusion::arrow::datatypes::Int32Type;

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

    /// The same moments with and without a zone, in every unit.
    #[test]
    fn moments_without_a_zone_are_of_utc() {
        let values = [Some(-1), None, Some(1_767_225_600_123)];
        let plain: ArrayRef = Arc::new(TimestampMillisecondArray::from(values.to_vec()));
        for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond] {
            let naive = cast(&plain, &ArrowType::Timestamp(unit, None)).unwrap();
            for wanted in [DataType::Date.arrow(), DataType::DateNanos.arrow()] {
                let found = as_type(&naive, &wanted).unwrap();
                assert_eq!(&found, &cast(&naive, &wanted).unwrap(), "{unit:?} as {wanted}");
                assert_eq!(*found.data_type(), wanted);
            }
        }
    }

    /// Texts that share their views, as Parquet has them, become what each of them becomes alone.
    #[test]
    fn single_values_become_those_of_another_type() {
        let texts = [Some("10.0.0.1"), None, Some("x"), Some("10.0.0.1"), Some("::1"), Some("x")];
        let leaf = Leaf {
            name: "source.ip".to_owned(),
            root: 0,
            path: Vec::new(),
            ty: DataType::Keyword,
            multi: false,
            meant: DataType::Ip,
            arranged: false,
        };
        let shared: DictionaryArray<Int32Type> = texts.into_iter().collect();
        let plain: ArrayRef = Arc::new(StringViewArray::from_iter(texts));
        let shared = cast(&shared, &ArrowType::Utf8View).unwrap();
        for array in [plain, shared] {
            let mut ill_typed = 0;
            let found = leaf.read(&array, (DataType::Ip, false), false, &mut ill_typed).unwrap();
            let block = Block::new(&found, DataType::Ip).unwrap();
            let found: Vec<_> = (0..texts.len()).map(|row| block.one(row)).collect();
            let expected = texts.map(|text| text.and_then(parse_ip).map(Value::Ip));
            assert_eq!((found.as_slice(), ill_typed), (&expected[..], 2));
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
            Field::new_list("answers", Field::new_list_field(answer(), true), true),
        ]);
        let found = leaves(&fields, &|_| None);
        let found: Vec<_> =
            found.iter().map(|leaf| (&*leaf.name, leaf.ty, leaf.meant, leaf.multi)).collect();
        let expected = [
            ("source.ip", DataType::Keyword, DataType::Ip, false),
            ("address", DataType::Ip, DataType::Ip, false),
            ("tags", DataType::Keyword, DataType::Keyword, true),
            ("raw", DataType::Unsupported, DataType::Unsupported, false),
            ("answers.data", DataType::Keyword, DataType::Keyword, true),
            ("answers.ttl", DataType::Keyword, DataType::Keyword, true),
        ];
        assert_eq!(found, expected);
    }

    /// A struct with a text, and texts.
    fn answer() -> ArrowType {
        ArrowType::Struct(Fields::from(vec![
            Field::new("data", ArrowType::Utf8, true),
            Field::new_list("ttl", Field::new_list_field(ArrowType::Utf8, true), true),
        ]))
    }

    #[test]
    fn what_lies_in_lists_has_the_values_of_all_their_items() {
        let texts =
            |texts: &[Option<&str>]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let list = |lengths: &[usize], nulls: Option<Vec<bool>>, values: ArrayRef| {
            let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
            let offsets = OffsetBuffer::from_lengths(lengths.to_vec());
            ListArray::new(item, offsets, values, nulls.map(Into::into))
        };
        let ttl = list(&[2, 0, 1, 1], None, texts(&[Some("1"), Some("2"), Some("3"), Some("4")]));
        let ArrowType::Struct(fields) = answer() else { panic!("a struct") };
        let data = texts(&[Some("a"), None, Some("b"), Some("c")]);
        let answers = StructArray::new(fields, vec![data, Arc::new(ttl)], None);
        // The second row is missing, although items lie under it.
        let nulls = Some(vec![true, false, true, true]);
        let root = list(&[2, 1, 0, 1], nulls, Arc::new(answers));
        let fields = Fields::from(vec![Field::new("answers", root.data_type().clone(), true)]);
        let root: ArrayRef = Arc::new(root);
        let found = leaves(&fields, &|_| None);
        let values = |leaf: &Leaf| {
            let column = leaf.read(&root, (leaf.ty, true), true, &mut 0).unwrap();
            let block = Block::new(&column, leaf.ty).unwrap();
            let row = |row| {
                let mut values = Vec::new();
                block.read(row, &mut values);
                values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            (0..column.len()).map(row).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(values(&found[0]), [&["a"][..], &none, &none, &["c"]]);
        assert_eq!(values(&found[1]), [&["1", "2"][..], &none, &none, &["4"]]);
    }
}
