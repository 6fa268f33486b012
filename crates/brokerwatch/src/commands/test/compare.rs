//! Alerts against the parts that a page describes.

use serde_json::{Map, Value};

/// A field that is not as described.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// Its dotted name.
    pub(super) field: String,
    /// What it must be; null if it must be missing.
    pub(super) expected: Value,
    /// What it is; `None` if it is missing.
    pub(super) got: Option<Value>,
}

/// How a described alert and a real one differ, field by field. Fields that are not described do not count.
pub(super) fn differences(part: &Map<String, Value>, alert: &Value) -> Vec<Difference> {
    let differs = |(field, expected): (&String, &Value)| {
        let got = lookup(alert, field);
        let agrees = match &got {
            None => expected.is_null(),
            Some(got) => same(expected, got),
        };
        (!agrees).then(|| Difference { field: field.clone(), expected: expected.clone(), got })
    };
    part.iter().filter_map(differs).collect()
}

/// The value at a dotted name, in either notation and in any mix of both.
fn lookup(document: &Value, name: &str) -> Option<Value> {
    let members = document.as_object()?;
    if let Some(value) = members.get(name) {
        return Some(value.clone()).filter(|value| !value.is_null());
    }
    let mut found: Option<Value> = None;
    for (at, _) in name.match_indices('.') {
        let inner = members.get(&name[..at]).and_then(|inner| lookup(inner, &name[at + 1..]));
        found = found.or(inner);
    }
    found
}

/// Whether two values say the same: numbers by value, and one value like a list of it.
fn same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(one), Value::Number(two)) => {
            let order = one.as_f64().zip(two.as_f64()).and_then(|(one, two)| one.partial_cmp(&two));
            one == two || order.is_some_and(std::cmp::Ordering::is_eq)
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Array(one), two) => one.len() == 1 && same(&one[0], two),
        (one, Value::Array(two)) => two.len() == 1 && same(one, &two[0]),
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(name, one)| two.get(name).is_some_and(|two| same(one, two)))
        }
        (one, two) => one == two,
    }
}

/// Gives each part an alert of its own; for a part that gets none, `None`.
///
/// Which alerts go to which parts is settled so that as many parts as can be get one: a part that took an alert gives it
/// up where another alert does for it.
pub(super) fn matched(parts: &[&Map<String, Value>], alerts: &[&Value]) -> Vec<Option<usize>> {
    let fits: Vec<Vec<usize>> = parts
        .iter()
        .map(|part| {
            (0..alerts.len()).filter(|at| differences(part, alerts[*at]).is_empty()).collect()
        })
        .collect();
    let mut owner: Vec<Option<usize>> = vec![None; alerts.len()];
    for part in 0..parts.len() {
        take(part, &fits, &mut owner, &mut vec![false; alerts.len()]);
    }
    (0..parts.len()).map(|part| owner.iter().position(|own| *own == Some(part))).collect()
}

fn take(part: usize, fits: &[Vec<usize>], owner: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for &alert in &fits[part] {
        if std::mem::replace(&mut tried[alert], true) {
            continue;
        }
        let is_free = match owner[alert] {
            None => true,
            Some(other) => take(other, fits, owner, tried),
        };
        if is_free {
            owner[alert] = Some(part);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn fields_are_compared_in_either_notation() {
        let alert = json!({"a": {"b": 1, "c.d": ["x"]}, "e.f": 2.0, "g": null});
        let part = map(&json!({"a.b": 1.0, "a.c.d": "x", "e.f": [2], "g": null, "h": null}));
        assert_eq!(differences(&part, &alert), []);
        let part = map(&json!({"a.b": "1", "e.f": null, "h.i": 0}));
        let found: Vec<_> =
            differences(&part, &alert).into_iter().map(|one| (one.field, one.got)).collect();
        assert_eq!(
            found,
            [
                ("a.b".to_owned(), Some(json!(1))),
                ("e.f".to_owned(), Some(json!(2.0))),
                ("h.i".to_owned(), None),
            ]
        );
    }

    #[test]
    fn parts_share_no_alert_and_give_way() {
        let (one, two) = (json!({"a": 1, "b": 1}), json!({"a": 1, "b": 2}));
        let (loose, tight) = (map(&json!({"a": 1})), map(&json!({"b": 1})));
        assert_eq!(matched(&[&loose, &tight], &[&one, &two]), [Some(1), Some(0)]);
        assert_eq!(matched(&[&tight, &tight], &[&one, &two]), [Some(0), None]);
    }
}
