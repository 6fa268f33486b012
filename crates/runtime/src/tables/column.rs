//! Columns of events: of which type, how documents are read for them, and what becomes of the values.
//!
//! Values come as Elasticsearch's doc values give them: lists in the order of their values, and of texts, addresses and
//! versions each once. A value that the type of a column cannot hold is no value, and counted.

use std::cmp::Ordering;

use brokerwatch_ecs::{FieldMapping, Type, Value as EcsValue, definition, number};
use brokerwatch_esql::dry::data_type;
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use bumpalo::Bump;
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float16Type};

use super::mapping::{MappedField, Narrow, reading};

/// How the documents of one source fill a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binding {
    /// The type of the column.
    pub(super) ty: DataType,
    /// Whether a row may have several values.
    pub(super) multi: bool,
    /// Whether the type was found from values, so that a value of another kind changes it.
    pub(super) learns: bool,
    pub(super) narrow: Narrow,
    pub(super) place: Place,
}

/// Where the documents of a source hold a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// They do not.
    Nowhere,
    /// A field under the name that mappings of telemetry use for it.
    Field { name: String, mapping: FieldMapping },
    /// A point: text, two numbers, or an object with `lat` and `lon`.
    Point { path: String },
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fit<'v> {
    Value(Value<'v>),
    /// The type holds no such value.
    Ill,
    /// The type has to become another one.
    Other,
}

/// A column as ECS has it.
pub(super) struct EcsColumn {
    pub(super) ty: DataType,
    /// Whether ECS says that it is a list.
    pub(super) multi: bool,
    /// Where documents hold it.
    path: String,
}

/// Fields whose words are searched: those that ECS has as `match_only_text`, and those of Elastic's integrations that
/// rules search for words, which ECS does not have.
const TEXTS: [&str; 3] = ["message", "error.message", "powershell.file.script_block_text"];

/// What ECS says of a name; `None` for one that it does not have.
pub(super) fn ecs(name: &str) -> Option<EcsColumn> {
    if TEXTS.contains(&name) {
        return Some(EcsColumn { ty: DataType::Text, multi: false, path: name.to_owned() });
    }
    let field = definition(name)?;
    let parent = name.strip_suffix(".text").filter(|parent| definition(parent).is_some());
    let ty = match field.ty {
        Type::Keyword if name.ends_with("geo.location") => DataType::GeoPoint,
        Type::Keyword if parent.is_some() => DataType::Text,
        ty => data_type(ty)?,
    };
    let path = parent.unwrap_or(name).to_owned();
    Some(EcsColumn { ty, multi: field.array || field.nested, path })
}

impl Binding {
    /// A column that the documents of a source do not have.
    pub(super) fn nowhere(ty: DataType, multi: bool) -> Binding {
        Binding { ty, multi, learns: false, narrow: Narrow::Nothing, place: Place::Nowhere }
    }

    /// A column of documents without a schema. If it `learns`, its type is the one of its values.
    pub(super) fn open(name: &str, ty: DataType, multi: bool, learns: bool) -> Binding {
        let path = ecs(name).map_or_else(|| name.to_owned(), |column| column.path);
        let Some(fixed) = reading(ty) else { return Binding::nowhere(ty, multi) };
        let place = if ty == DataType::GeoPoint {
            Place::Point { path }
        } else {
            // Texts take in every kind; the others have to see what does not fit them.
            let read = if learns && ty != DataType::Keyword { Type::Dynamic } else { fixed };
            let mapping = FieldMapping { path: Some(path.clone()), ..FieldMapping::of(read) };
            Place::Field { name: path, mapping }
        };
        Binding { ty, multi, learns, narrow: Narrow::Nothing, place }
    }

    /// A column of documents with a mapping.
    pub(super) fn mapped(name: &str, field: &MappedField, multi: bool) -> Binding {
        let place = match &field.read {
            None => Place::Nowhere,
            Some(read) if field.ty == DataType::GeoPoint => {
                Place::Point { path: read.path.clone().unwrap_or_else(|| name.to_owned()) }
            }
            Some(read) => Place::Field { name: name.to_owned(), mapping: read.clone() },
        };
        Binding { ty: field.ty, multi, learns: false, narrow: field.narrow, place }
    }

    /// The path of a field whose values stand in documents as a filter writes them.
    pub(super) fn written_path(&self) -> Option<&str> {
        match &self.place {
            Place::Field { mapping, name } if mapping.null_value.is_none() => {
                Some(mapping.path.as_deref().unwrap_or(name))
            }
            _ => None,
        }
    }

    /// A value of a document as one of this column.
    #[expect(clippy::cast_precision_loss, reason = "a double holds a long as Java widens it")]
    pub(super) fn fit<'v>(&self, value: EcsValue<'v>, texts: &'v Bump) -> Fit<'v> {
        let fit = |value: Option<Value<'v>>| value.map_or(Fit::Ill, Fit::Value);
        match (self.ty, value) {
            (DataType::Boolean, EcsValue::Boolean(flag)) => Fit::Value(Value::Boolean(flag)),
            (DataType::Integer, EcsValue::Long(whole)) => fit(self
                .narrow
                .whole(whole)
                .and_then(|whole| i32::try_from(whole).ok())
                .map(Value::Integer)),
            (DataType::Long, EcsValue::Long(whole)) => Fit::Value(Value::Long(whole)),
            (DataType::UnsignedLong, EcsValue::Keyword(text)) => {
                fit(unsigned(text).map(Value::Unsigned))
            }
            (DataType::Double, EcsValue::Double(double)) => {
                fit(self.narrow.double(double).map(Value::Double))
            }
            (DataType::Double, EcsValue::Long(whole)) => {
                fit(self.narrow.double(whole as f64).map(Value::Double))
            }
            (
                DataType::Keyword | DataType::Text | DataType::Version,
                EcsValue::Keyword(text) | EcsValue::Version(text),
            ) => Fit::Value(Value::Text(text)),
            (DataType::Keyword | DataType::Text, other) => {
                Fit::Value(Value::Text(texts.alloc_str(&other.to_string())))
            }
            (DataType::Ip, EcsValue::Ip(address)) => Fit::Value(Value::Ip(address)),
            (DataType::Date, EcsValue::Date(moment)) => {
                let millis = moment.as_nanosecond().div_euclid(1_000_000);
                fit(i64::try_from(millis).ok().map(Value::Date))
            }
            (DataType::DateNanos, EcsValue::Date(moment)) => {
                fit(i64::try_from(moment.as_nanosecond()).ok().map(Value::DateNanos))
            }
            _ if self.learns => Fit::Other,
            _ => Fit::Ill,
        }
    }
}

impl Narrow {
    fn whole(self, whole: i64) -> Option<i64> {
        match self {
            Narrow::Whole(from, to) => (from <= whole && whole <= to).then_some(whole),
            _ => Some(whole),
        }
    }

    fn double(self, double: f64) -> Option<f64> {
        type Half = <Float16Type as ArrowPrimitiveType>::Native;
        let kept = match self {
            Narrow::Nothing | Narrow::Whole(..) => double,
            Narrow::Single => f64::from(double as f32),
            Narrow::Half => f64::from(Half::from_f32(double as f32)),
            // As Java's `Math.round` does it.
            Narrow::Scaled(factor) => (double * factor + 0.5).floor() / factor,
        };
        kept.is_finite().then_some(kept)
    }
}

/// A whole number without a sign, from text that may have a fraction.
fn unsigned(text: &str) -> Option<u64> {
    let text = text.trim_ascii();
    if let Ok(whole) = text.parse() {
        return Some(whole);
    }
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit.is_ascii_digit()) => {
            whole.parse().ok()
        }
        _ => number::long_from_text(text)?.try_into().ok(),
    }
}

/// Puts the values of a row into the order of doc values.
pub(super) fn arrange(values: &mut Vec<Value<'_>>, ty: DataType) {
    if matches!(ty, DataType::Text | DataType::GeoPoint | DataType::Source) {
        return;
    }
    values.sort_by(|a, b| a.compare(b, ty).unwrap_or(Ordering::Equal));
    if matches!(ty, DataType::Keyword | DataType::Ip | DataType::Version) {
        values.dedup();
    }
}

/// The points that texts, numbers (longitude and latitude in turn) and the members `lat` and `lon` make.
pub(super) fn points<'v>(
    whole: &[EcsValue<'_>],
    lats: &[EcsValue<'_>],
    lons: &[EcsValue<'_>],
) -> (Vec<Value<'v>>, usize) {
    let (mut points, mut ill, mut numbers) = (Vec::new(), 0, Vec::new());
    for value in whole {
        match value {
            EcsValue::Keyword(text) => match point_of(text) {
                Some(point) => points.push(point),
                None => ill += 1,
            },
            other => numbers.extend(double_of(other)),
        }
    }
    let pairs = numbers.as_chunks::<2>().0.iter().map(|[lon, lat]| (*lon, *lat));
    let members =
        lons.iter().zip(lats).filter_map(|(lon, lat)| Some((double_of(lon)?, double_of(lat)?)));
    for (lon, lat) in pairs.chain(members) {
        match checked(lon, lat) {
            Some(point) => points.push(point),
            None => ill += 1,
        }
    }
    ill += numbers.len() % 2;
    (points, ill)
}

#[expect(clippy::cast_precision_loss, reason = "degrees are small")]
fn double_of(value: &EcsValue<'_>) -> Option<f64> {
    match value {
        EcsValue::Double(double) => Some(*double),
        EcsValue::Long(whole) => Some(*whole as f64),
        _ => None,
    }
}

/// `lat,lon`, or `POINT (lon lat)` of Well-Known Text.
pub(super) fn point_of<'v>(text: &str) -> Option<Value<'v>> {
    let number = |text: &str| number::double_from_text(text);
    let text = text.trim();
    if let Some(point) = text.get(..5).filter(|word| word.eq_ignore_ascii_case("point")) {
        let inner = text[point.len()..].trim().strip_prefix('(')?.strip_suffix(')')?;
        let (lon, lat) = inner.trim().split_once(char::is_whitespace)?;
        return checked(number(lon)?, number(lat)?);
    }
    let (lat, lon) = text.split_once(',')?;
    checked(number(lon)?, number(lat)?)
}

fn checked<'v>(lon: f64, lat: f64) -> Option<Value<'v>> {
    let on_earth = lon.abs() <= 180.0 && lat.abs() <= 90.0;
    on_earth.then_some(Value::Point { lon, lat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_their_type_keeps() {
        for (narrow, double, kept) in [
            (Narrow::Single, 2.03, Some(2.029_999_971_389_770_5)),
            (Narrow::Half, 2.03, Some(2.029_296_875)),
            (Narrow::Half, 1e6, None),
            (Narrow::Scaled(100.0), 2.034, Some(2.03)),
            (Narrow::Nothing, 2.03, Some(2.03)),
        ] {
            assert_eq!(narrow.double(double), kept, "{narrow:?} {double}");
        }
        assert_eq!(Narrow::Whole(-128, 127).whole(128), None);
        assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
        assert_eq!(unsigned("3.7"), Some(3));
        assert_eq!(unsigned("-1"), None);
    }

    #[test]
    fn points_are_read_in_every_spelling() {
        let point = Some(Value::Point { lon: 13.4, lat: 52.5 });
        for text in ["52.5,13.4", " 52.5 , 13.4 ", "POINT (13.4 52.5)", "point(13.4 52.5)"] {
            assert_eq!(point_of(text), point, "{text}");
        }
        assert_eq!(point_of("95,13"), None);
        let numbers = [EcsValue::Double(13.4), EcsValue::Double(52.5), EcsValue::Long(1)];
        let (found, ill) = points(&numbers, &[EcsValue::Double(52.5)], &[EcsValue::Double(13.4)]);
        assert_eq!((found.len(), ill), (2, 1));
    }

    #[test]
    fn ecs_says_of_what_type_a_column_is() {
        for (name, ty, multi) in [
            ("@timestamp", DataType::Date, false),
            ("process.args", DataType::Keyword, true),
            ("host.ip", DataType::Ip, true),
            ("source.geo.location", DataType::GeoPoint, false),
            ("process.name.text", DataType::Text, false),
        ] {
            let column = ecs(name).unwrap();
            assert_eq!((column.ty, column.multi), (ty, multi), "{name}");
        }
        assert!(ecs("agent.custom").is_none());
    }
}
