//! What is known of the fields of documents without a schema: which kinds of value they had, and whether several.
//!
//! Facts only ever widen, so that reading again with what was learned comes to an end.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use brokerwatch_ecs::Value as EcsValue;
use brokerwatch_esql::types::DataType;
use datafusion::common::DataFusionError;
use thiserror::Error;

use crate::limits::{COLUMNS_MAX, REFITS_MAX};

/// What was seen of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    kinds: u8,
    /// Whether one document had several values.
    pub multi: bool,
}

const LONG: u8 = 1;
const DOUBLE: u8 = 2;
const TEXT: u8 = 4;
const FLAG: u8 = 8;

impl Seen {
    /// What the values of a field of one document show.
    pub(super) fn of(values: &[EcsValue<'_>]) -> Seen {
        let kinds = values.iter().fold(0, |kinds, value| kinds | kind(value));
        let several = match values {
            [] | [_] => false,
            // Equal texts are one value.
            [first, rest @ ..] if kinds == TEXT => rest.iter().any(|value| value != first),
            _ => true,
        };
        Seen { kinds, multi: several }
    }

    /// A document that is read as a whole has this value.
    pub(super) fn of_json(value: &serde_json::Value) -> Seen {
        let kinds = match value {
            serde_json::Value::Number(number) if number.is_i64() => LONG,
            serde_json::Value::Number(_) => DOUBLE,
            serde_json::Value::Bool(_) => FLAG,
            serde_json::Value::String(_) => TEXT,
            _ => 0,
        };
        Seen { kinds, multi: false }
    }

    /// A field that had several values.
    pub(super) fn several() -> Seen {
        Seen { kinds: 0, multi: true }
    }

    /// The type that holds everything that was seen; `None` if nothing was.
    pub(super) fn ty(self) -> Option<DataType> {
        Some(match self.kinds {
            0 => return None,
            LONG => DataType::Long,
            kinds if kinds & !(LONG | DOUBLE) == 0 => DataType::Double,
            FLAG => DataType::Boolean,
            _ => DataType::Keyword,
        })
    }

    pub(super) fn add(&mut self, other: Seen) {
        self.kinds |= other.kinds;
        self.multi |= other.multi;
    }
}

fn kind(value: &EcsValue<'_>) -> u8 {
    match value {
        EcsValue::Long(_) => LONG,
        EcsValue::Double(_) => DOUBLE,
        EcsValue::Boolean(_) => FLAG,
        _ => TEXT,
    }
}

/// What is known of the documents of a source.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) names: BTreeMap<String, Seen>,
    /// Names that a sample was read for.
    pub(super) sampled: BTreeSet<String>,
    /// Names that everything was read for, if not all.
    pub(super) exact: BTreeSet<String>,
    /// Whether everything was read for every name.
    pub(super) complete: bool,
    /// Names that there was no room for.
    pub(super) dropped: u64,
    refits: usize,
}

impl Facts {
    /// Takes in what was seen of a field.
    pub(super) fn see(&mut self, name: &str, seen: Seen) {
        if let Some(known) = self.names.get_mut(name) {
            known.add(seen);
        } else if self.names.len() < COLUMNS_MAX {
            self.names.insert(name.to_owned(), seen);
        } else {
            self.dropped += 1;
        }
    }

    /// What was seen of a field.
    pub(super) fn of(&self, name: &str) -> Seen {
        self.names.get(name).copied().unwrap_or_default()
    }

    /// Whether everything was read for a name.
    pub(super) fn is_exact(&self, name: &str) -> bool {
        self.complete || self.exact.contains(name)
    }

    /// Whether so many readings were in vain that everything is read before the next one.
    pub(super) fn want_all(&self) -> bool {
        REFITS_MAX <= self.refits
    }
}

/// A value did not fit its column: the table has to be asked for again, with what was learned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("values do not fit the types that were found first, in {}", names(.columns))]
pub struct Refit {
    /// The source, in the order of the options.
    pub source_number: usize,
    /// The columns, and what was seen of them.
    pub columns: BTreeMap<String, Seen>,
}

fn names(columns: &BTreeMap<String, Seen>) -> String {
    columns.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Refit {
    /// The refit that an error of a run is, or carries.
    pub(super) fn of(error: &DataFusionError) -> Option<&Refit> {
        if let DataFusionError::Collection(errors) = error {
            return errors.iter().find_map(Refit::of);
        }
        let mut error: &(dyn Error + 'static) = error;
        loop {
            if let Some(refit) = error.downcast_ref() {
                return Some(refit);
            }
            error = error.source()?;
        }
    }

    /// Takes in what was learned. False if everything was read before and it still does not fit, often.
    pub(super) fn teach(&self, facts: &mut Facts) -> bool {
        facts.refits += 1;
        for (name, seen) in &self.columns {
            facts.see(name, *seen);
        }
        facts.refits <= 2 * REFITS_MAX
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn kinds_widen() {
        let seen = |values: &[EcsValue<'_>]| Seen::of(values);
        for (values, ty) in [
            (&[EcsValue::Long(1)][..], Some(DataType::Long)),
            (&[EcsValue::Long(1), EcsValue::Double(0.5)], Some(DataType::Double)),
            (&[EcsValue::Boolean(true)], Some(DataType::Boolean)),
            (&[EcsValue::Boolean(true), EcsValue::Long(1)], Some(DataType::Keyword)),
            (&[EcsValue::Keyword("a")], Some(DataType::Keyword)),
            (&[], None),
        ] {
            assert_eq!(seen(values).ty(), ty, "{values:?}");
        }
        assert!(!seen(&[EcsValue::Keyword("a"), EcsValue::Keyword("a")]).multi);
        assert!(seen(&[EcsValue::Long(1), EcsValue::Long(1)]).multi);
    }

    #[test]
    fn a_refit_is_found_however_deep_it_lies() {
        let refit = Refit { source_number: 3, columns: BTreeMap::new() };
        let error = DataFusionError::External(Box::new(refit.clone()));
        let error = DataFusionError::Shared(Arc::new(error.context("in a plan")));
        assert_eq!(Refit::of(&error), Some(&refit));
        let error = DataFusionError::Collection(vec![DataFusionError::Plan(String::new()), error]);
        assert_eq!(Refit::of(&error), Some(&refit));
        assert_eq!(Refit::of(&DataFusionError::Plan("no".to_owned())), None);
    }

    #[test]
    fn learning_comes_to_an_end() {
        let columns = BTreeMap::from([("a".to_owned(), Seen::several())]);
        let refit = Refit { source_number: 0, columns };
        let mut facts = Facts::default();
        let times = std::iter::repeat_with(|| refit.teach(&mut facts)).take_while(|more| *more);
        assert_eq!(times.take(100).count(), 2 * REFITS_MAX);
        assert!(facts.want_all() && facts.of("a").multi);
    }
}
