//! The values by which the events of a sequence or sample are joined.
//!
//! They are owned: a key outlives its event.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::Ipv6Addr;

use brokerwatch_ecs::{Timestamp, Value, date, number, version};
use serde::{Deserialize, Serialize};

use crate::limits::KEYS_PER_EVENT_MAX;

/// The values of one event for all join keys of a bracket, in their order; empty if there are no join keys.
pub type Key = Box<[KeyValue]>;

/// One value of one join key.
///
/// Ordered as results are: null first, text by its bytes, numbers by value whatever their type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    /// The missing value of an optional key; equal to itself.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Long(i64),
    /// A number with a fraction, or too large for a long. `NaN` is equal to itself and the greatest number.
    Double(#[serde(with = "bits")] f64),
    /// Text.
    Keyword(Box<str>),
    /// A version, as written; equal only if it is written the same.
    Version(Box<str>),
    /// An address; IPv4 stands as `::ffff:a.b.c.d`.
    Ip(Ipv6Addr),
    /// A moment.
    Date(Timestamp),
}

impl KeyValue {
    /// The owned form of a value.
    pub fn of(value: &Value<'_>) -> KeyValue {
        match *value {
            Value::Keyword(text) => KeyValue::Keyword(text.into()),
            Value::Long(number) => KeyValue::Long(number),
            Value::Double(number) => KeyValue::Double(number),
            Value::Boolean(flag) => KeyValue::Boolean(flag),
            Value::Ip(address) => KeyValue::Ip(address),
            Value::Date(moment) => KeyValue::Date(moment),
            Value::Version(text) => KeyValue::Version(text.into()),
        }
    }

    /// What the answer of a sequence shows: a date as ISO 8601.
    pub fn shown_in_sequence(&self) -> serde_json::Value {
        match self {
            KeyValue::Null => serde_json::Value::Null,
            KeyValue::Boolean(flag) => (*flag).into(),
            KeyValue::Long(number) => (*number).into(),
            // JSON has no `NaN` and no infinity; their names are better than a null, which is another key.
            KeyValue::Double(number) if !number.is_finite() => number::java_double(*number).into(),
            KeyValue::Double(number) => (*number).into(),
            KeyValue::Keyword(text) | KeyValue::Version(text) => (**text).into(),
            KeyValue::Ip(address) => Value::Ip(*address).to_string().into(),
            KeyValue::Date(moment) => date::format(*moment).into(),
        }
    }

    /// What the answer of a sample shows: a date as the text of its milliseconds since 1970.
    pub fn shown_in_sample(&self) -> serde_json::Value {
        match self {
            KeyValue::Date(moment) => date::to_millis(*moment).as_millisecond().to_string().into(),
            other => other.shown_in_sequence(),
        }
    }

    /// Kinds that cannot be equal stand in this order. All numbers are one kind.
    fn kind(&self) -> u8 {
        match self {
            KeyValue::Null => 0,
            KeyValue::Boolean(_) => 1,
            KeyValue::Long(_) | KeyValue::Double(_) => 2,
            KeyValue::Keyword(_) => 3,
            KeyValue::Version(_) => 4,
            KeyValue::Ip(_) => 5,
            KeyValue::Date(_) => 6,
        }
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &KeyValue) -> Ordering {
        use KeyValue::{Boolean, Date, Double, Ip, Keyword, Long, Version};
        match (self, other) {
            (Boolean(a), Boolean(b)) => a.cmp(b),
            (Long(a), Long(b)) => a.cmp(b),
            (Double(a), Double(b)) => compare_doubles(*a, *b),
            // Only `NaN` compares with no long.
            (Long(a), Double(b)) => number::compare_long_double(*a, *b).unwrap_or(Ordering::Less),
            (Double(a), Long(b)) => {
                number::compare_long_double(*b, *a).map_or(Ordering::Greater, Ordering::reverse)
            }
            (Keyword(a), Keyword(b)) => a.as_bytes().cmp(b.as_bytes()),
            // Two ways to write one version are two keys, so that equal keys hash alike.
            (Version(a), Version(b)) => version::compare(a, b).then_with(|| a.cmp(b)),
            (Ip(a), Ip(b)) => a.cmp(b),
            (Date(a), Date(b)) => a.cmp(b),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

fn compare_doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &KeyValue) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyValue {
    fn eq(&self, other: &KeyValue) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyValue {}

impl Hash for KeyValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind().hash(state);
        match self {
            KeyValue::Null => {}
            KeyValue::Boolean(flag) => flag.hash(state),
            KeyValue::Long(number) => number.hash(state),
            KeyValue::Double(number) => hash_double(*number, state),
            KeyValue::Keyword(text) | KeyValue::Version(text) => text.hash(state),
            KeyValue::Ip(address) => address.hash(state),
            KeyValue::Date(moment) => moment.hash(state),
        }
    }
}

/// A double that equals a long hashes as that long, and all `NaN`s alike.
fn hash_double<H: Hasher>(number: f64, state: &mut H) {
    let long = number as i64;
    if number::compare_long_double(long, number) == Some(Ordering::Equal) {
        long.hash(state);
    } else if number.is_nan() {
        f64::NAN.to_bits().hash(state);
    } else {
        number.to_bits().hash(state);
    }
}

/// The keys with which an event takes part: one for each combination of a distinct value per key field.
///
/// Each field comes with its values and whether it is optional. An optional field without value is null; a mandatory one
/// means that the event does not take part. At most [`KEYS_PER_EVENT_MAX`] keys, the lowest; `true` if that cut some off.
pub fn combinations(values: &[(&[Value<'_>], bool)]) -> (Vec<Key>, bool) {
    if values.iter().any(|(values, optional)| values.is_empty() && !optional) {
        return (Vec::new(), false);
    }
    // The usual event has one value per field, and one key.
    if values.iter().all(|(values, _)| values.len() < 2) {
        let only = |(values, _): &(&[Value<'_>], bool)| {
            values.first().map_or(KeyValue::Null, KeyValue::of)
        };
        return (vec![values.iter().map(only).collect()], false);
    }
    product(&values.iter().map(|(values, _)| distinct(values)).collect::<Vec<_>>())
}

fn distinct(values: &[Value<'_>]) -> Vec<KeyValue> {
    if values.is_empty() {
        return vec![KeyValue::Null];
    }
    let mut distinct: Vec<KeyValue> = values.iter().map(KeyValue::of).collect();
    distinct.sort();
    distinct.dedup();
    distinct
}

/// Counts through the fields like an odometer, the last field fastest.
fn product(fields: &[Vec<KeyValue>]) -> (Vec<Key>, bool) {
    let mut keys = Vec::new();
    let mut wheel = vec![0; fields.len()];
    loop {
        if keys.len() == KEYS_PER_EVENT_MAX {
            return (keys, true);
        }
        keys.push(wheel.iter().zip(fields).map(|(&at, field)| field[at].clone()).collect());
        let turned = (0..fields.len()).rev().find(|&i| wheel[i] + 1 < fields[i].len());
        let Some(turned) = turned else { return (keys, false) };
        wheel[turned] += 1;
        wheel[turned + 1..].fill(0);
    }
}

/// Doubles as their bits, because JSON cannot hold all of them.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(number.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn texts(keys: &[Key]) -> Vec<String> {
        let shown = |key: &Key| {
            let values: Vec<_> = key.iter().map(|v| v.shown_in_sequence().to_string()).collect();
            values.join(" ")
        };
        keys.iter().map(shown).collect()
    }

    #[test]
    fn every_combination_of_distinct_values_is_a_key() {
        let letters = [Value::Keyword("b"), Value::Keyword("a"), Value::Keyword("b")];
        let numbers = [Value::Long(3), Value::Double(3.0), Value::Long(2)];
        let (keys, cut) = combinations(&[(&letters, false), (&numbers, false), (&[], true)]);
        assert_eq!(
            texts(&keys),
            [r#""a" 2 null"#, r#""a" 3 null"#, r#""b" 2 null"#, r#""b" 3 null"#]
        );
        assert!(!cut);
    }

    #[test]
    fn an_event_without_a_mandatory_value_takes_no_part() {
        let one = [Value::Long(1)];
        assert_eq!(combinations(&[(&one, false), (&[], false)]), (Vec::new(), false));
        assert_eq!(texts(&combinations(&[(&one, false), (&[], true)]).0), ["1 null"]);
        assert_eq!(combinations(&[]).0, [Key::default()]);
    }

    #[test]
    fn combinations_are_bounded() {
        let side = 65;
        let values: Vec<Value<'_>> = (0..side).map(Value::Long).collect();
        let (keys, cut) = combinations(&[(&values, false), (&values, false)]);
        assert!(cut && KEYS_PER_EVENT_MAX < 65 * 65);
        assert_eq!(keys.len(), KEYS_PER_EVENT_MAX);
        let exactly: Vec<Value<'_>> = (0..KEYS_PER_EVENT_MAX as i64).map(Value::Long).collect();
        let (keys, cut) = combinations(&[(&exactly, false)]);
        assert_eq!((keys.len(), cut), (KEYS_PER_EVENT_MAX, false));
    }

    #[test]
    fn answers_show_dates_in_two_ways() {
        let moment = KeyValue::Date("1970-01-01T00:00:01.5Z".parse().unwrap());
        assert_eq!(moment.shown_in_sequence(), json!("1970-01-01T00:00:01.500Z"));
        assert_eq!(moment.shown_in_sample(), json!("1500"));
        let address = KeyValue::Ip(brokerwatch_ecs::parse_ip("10.0.0.1").unwrap());
        assert_eq!(address.shown_in_sample(), json!("10.0.0.1"));
        assert_eq!(KeyValue::Null.shown_in_sequence(), json!(null));
        assert_eq!(KeyValue::Double(2.5).shown_in_sequence(), json!(2.5));
    }

    fn value() -> impl Strategy<Value = KeyValue> {
        let doubles = prop_oneof![
            Just(f64::NAN),
            Just(-0.0),
            Just(f64::INFINITY),
            Just(9_223_372_036_854_775_808.0),
            (-4_i8..4).prop_map(|n| f64::from(n) / 2.0),
        ];
        let longs = prop_oneof![Just(i64::MAX), Just(i64::MIN), -3_i64..3];
        prop_oneof![
            Just(KeyValue::Null),
            any::<bool>().prop_map(KeyValue::Boolean),
            longs.prop_map(KeyValue::Long),
            doubles.prop_map(KeyValue::Double),
            "[a-c1.]{0,3}".prop_map(|text| KeyValue::Keyword(text.into())),
            "[0-2]\\.[0-2](-0?1)?".prop_map(|text| KeyValue::Version(text.into())),
            (0_u16..3).prop_map(|n| KeyValue::Ip(Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, n))),
            (-2_i64..2).prop_map(|n| KeyValue::Date(Timestamp::from_second(n).unwrap())),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_hashes_agree(a in value(), b in value(), c in value()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(&a, &a);
            if a <= b && b <= c {
                prop_assert!(a <= c, "{:?} {:?} {:?}", a, b, c);
            }
            if a == b {
                let hasher = RandomState::new();
                prop_assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b), "{:?} {:?}", a, b);
            }
        }

        #[test]
        fn what_is_kept_reads_back(a in value()) {
            let text = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<KeyValue>(&text).unwrap(), a);
        }
    }

    #[test]
    fn numbers_are_equal_by_value() {
        let hasher = RandomState::new();
        for (a, b) in [
            (KeyValue::Long(3), KeyValue::Double(3.0)),
            (KeyValue::Long(0), KeyValue::Double(-0.0)),
            (KeyValue::Long(i64::MIN), KeyValue::Double(-9_223_372_036_854_775_808.0)),
            (KeyValue::Double(f64::NAN), KeyValue::Double(-f64::NAN)),
        ] {
            assert_eq!(a, b);
            assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b), "{a:?}");
        }
        assert_ne!(KeyValue::Long(i64::MAX), KeyValue::Double(9_223_372_036_854_775_808.0));
        assert!(KeyValue::Null < KeyValue::Boolean(false));
        assert!(KeyValue::Keyword("GTA".into()) < KeyValue::Keyword("doom".into()));
    }
}
