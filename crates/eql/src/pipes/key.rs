//! Keys: what rows are told apart, counted and sorted by.

use std::cmp::Ordering;

use brokerwatch_ecs::Value;
use brokerwatch_expr::Literal;

use super::item::Cell;

/// The values that a row has of each expression of a pipe, in order. One without values is missing, and missing is a
/// value of its own; a field with several values is compared as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Key(Vec<Vec<Literal>>);

impl Key {
    pub(super) fn new(parts: Vec<Vec<Literal>>) -> Key {
        Key(parts)
    }

    /// Whether there are no expressions.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All values of all parts; those that are missing give none.
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        self.0.iter().flatten().filter_map(Literal::value)
    }

    /// Bytes that are equal exactly for equal keys. Numbers are equal by value over all types, as `==` has it.
    pub(super) fn identity(&self) -> Box<[u8]> {
        let mut bytes = Vec::new();
        for part in &self.0 {
            bytes.extend((part.len() as u64).to_le_bytes());
            part.iter().for_each(|value| write_identity(value, &mut bytes));
        }
        bytes.into()
    }

    /// Missing before anything else, then values by [`order`], a list after its beginnings.
    pub(super) fn cmp(&self, other: &Key) -> Ordering {
        let part = |one: &Vec<Literal>, other: &Vec<Literal>| compare_lists(one, other, order);
        compare_lists(&self.0, &other.0, part)
    }

    /// The key as a cell of a table: one part alone, several as a list.
    pub(super) fn cell(self) -> Cell {
        let mut parts: Vec<Cell> = self.0.into_iter().map(cell).collect();
        if parts.len() == 1 { parts.swap_remove(0) } else { Cell::List(parts) }
    }
}

fn cell(mut values: Vec<Literal>) -> Cell {
    match values.len() {
        0 => Cell::One(Literal::Null),
        1 => Cell::One(values.swap_remove(0)),
        _ => Cell::List(values.into_iter().map(Cell::One).collect()),
    }
}

fn compare_lists<T>(one: &[T], other: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let differing = one.iter().zip(other).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
    differing.unwrap_or_else(|| one.len().cmp(&other.len()))
}

/// Values of one type in their own order, `NaN` last; of different types in the order of [`rank`].
fn order(one: &Literal, other: &Literal) -> Ordering {
    rank(one).cmp(&rank(other)).then_with(|| match (one.value(), other.value()) {
        (Some(a), Some(b)) => a.compare(&b).unwrap_or_else(|| is_nan(one).cmp(&is_nan(other))),
        _ => Ordering::Equal,
    })
}

fn is_nan(value: &Literal) -> bool {
    matches!(value, Literal::Double(number) if number.is_nan())
}

/// One number for all types whose values are in one order.
fn rank(value: &Literal) -> u8 {
    match value {
        Literal::Null => 0,
        Literal::Boolean(_) => 1,
        Literal::Long(_) | Literal::Double(_) => 2,
        Literal::Date { .. } => 3,
        Literal::Ip(_) => 4,
        Literal::Version(_) => 5,
        Literal::Keyword(_) => 6,
    }
}

fn write_identity(value: &Literal, bytes: &mut Vec<u8>) {
    bytes.push(rank(value));
    match value {
        Literal::Null => {}
        Literal::Boolean(flag) => bytes.push(u8::from(*flag)),
        Literal::Long(number) => write_long(*number, bytes),
        Literal::Double(number) => match whole(*number) {
            Some(long) => write_long(long, bytes),
            None => {
                bytes.push(1);
                // All that are not a number are one key.
                let number = if number.is_nan() { f64::NAN } else { *number };
                bytes.extend(number.to_bits().to_le_bytes());
            }
        },
        Literal::Date { from, .. } => bytes.extend(from.as_nanosecond().to_le_bytes()),
        Literal::Ip(address) => bytes.extend(address.octets()),
        Literal::Version(text) | Literal::Keyword(text) => {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
    }
}

fn write_long(number: i64, bytes: &mut Vec<u8>) {
    bytes.push(0);
    bytes.extend(number.to_le_bytes());
}

/// The long that is equal to a double, if there is one.
fn whole(double: f64) -> Option<i64> {
    let long = double as i64;
    let is_equal = Value::Long(long).compare(&Value::Double(double)) == Some(Ordering::Equal);
    is_equal.then_some(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[Literal]) -> Key {
        Key::new(vec![values.to_vec()])
    }

    /// In ascending order, each different from the others.
    fn ascending() -> Vec<Key> {
        let text = |text: &str| Literal::Keyword(text.into());
        vec![
            key(&[]),
            key(&[Literal::Boolean(false)]),
            key(&[Literal::Boolean(true)]),
            key(&[Literal::Double(f64::NEG_INFINITY)]),
            key(&[Literal::Long(-1)]),
            key(&[Literal::Double(0.5)]),
            key(&[Literal::Long(1)]),
            key(&[Literal::Long((1 << 53) + 1)]),
            key(&[Literal::Double(9_223_372_036_854_775_808.0)]),
            key(&[Literal::Double(f64::NAN)]),
            key(&[text("")]),
            key(&[text("A")]),
            key(&[text("a")]),
            key(&[text("a"), text("b")]),
            key(&[text("b")]),
        ]
    }

    #[test]
    fn keys_have_one_order_and_equal_keys_one_identity() {
        let keys = ascending();
        for (i, one) in keys.iter().enumerate() {
            for (j, other) in keys.iter().enumerate() {
                assert_eq!(one.cmp(other), i.cmp(&j), "{one:?} {other:?}");
                assert_eq!(one.identity() == other.identity(), i == j, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn numbers_are_one_key_by_value() {
        let same = [(1, 1.0), (0, -0.0), (1 << 53, 9_007_199_254_740_992.0)];
        for (long, double) in same {
            let (one, other) = (key(&[Literal::Long(long)]), key(&[Literal::Double(double)]));
            assert_eq!(one.identity(), other.identity(), "{long}");
            assert_eq!(one.cmp(&other), Ordering::Equal, "{long}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let text = |text: &str| vec![Literal::Keyword(text.into())];
        let one = Key::new(vec![text("ab"), text("c")]);
        assert_ne!(one.identity(), Key::new(vec![text("a"), text("bc")]).identity());
        let missing = Key::new(vec![vec![], text("a")]);
        assert_ne!(missing.identity(), Key::new(vec![text("a"), vec![]]).identity());
    }
}
