//! Named conversions that mappings use. One file per family; each item is registered by one line in its file's list.

use brokerwatch_ecs::Value;
use bumpalo::Bump;

mod addresses;
mod audit;
mod devices;
mod network;
mod numbers;
mod texts;
mod times;
mod windows;

/// One value in, any number of values out; none if it cannot be converted.
pub struct Conversion {
    /// The name that mappings use.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Adds the values that come of one.
    pub run: for<'c> fn(Value<'c>, &'c Bump, &mut Vec<Value<'c>>),
}

/// Most fields that a computation takes.
pub const INPUTS_MAX: usize = 8;

/// Values of several fields in, any number of values out.
pub struct Computation {
    /// The name that mappings use.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// How many fields it takes, at most [`INPUTS_MAX`].
    pub inputs: usize,
    /// Adds the values that come of the first value of each field.
    pub run: for<'c> fn(&[Option<Value<'c>>], &'c Bump, &mut Vec<Value<'c>>),
}

/// The families.
static CONVERSIONS: &[&[Conversion]] = &[
    addresses::CONVERSIONS,
    audit::CONVERSIONS,
    devices::CONVERSIONS,
    network::CONVERSIONS,
    numbers::CONVERSIONS,
    texts::CONVERSIONS,
    times::CONVERSIONS,
    windows::CONVERSIONS,
];
static COMPUTATIONS: &[&[Computation]] = &[
    addresses::COMPUTATIONS,
    audit::COMPUTATIONS,
    devices::COMPUTATIONS,
    network::COMPUTATIONS,
    numbers::COMPUTATIONS,
    texts::COMPUTATIONS,
    windows::COMPUTATIONS,
];

/// The conversion of a name.
pub fn conversion(name: &str) -> Option<&'static Conversion> {
    CONVERSIONS.iter().flat_map(|family| family.iter()).find(|item| item.name == name)
}

/// The computation of a name.
pub fn computation(name: &str) -> Option<&'static Computation> {
    COMPUTATIONS.iter().flat_map(|family| family.iter()).find(|item| item.name == name)
}

/// A value's text: borrowed where it is text.
fn text_of<'c>(value: Value<'c>, arena: &'c Bump) -> &'c str {
    value.as_str().unwrap_or_else(|| arena.alloc_str(&value.to_string()))
}

/// Equal if both are the same conversion.
impl std::fmt::Debug for Conversion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl std::fmt::Debug for Computation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a conversion makes of a text, as text.
    pub(super) fn converted(name: &str, text: &str) -> Vec<String> {
        let arena = Bump::new();
        let mut out = Vec::new();
        let conversion = conversion(name).expect("the conversion is registered");
        (conversion.run)(Value::Keyword(arena.alloc_str(text)), &arena, &mut out);
        out.iter().map(ToString::to_string).collect()
    }

    /// What a computation makes of texts, as text.
    pub(super) fn computed(name: &str, texts: &[Option<&str>]) -> Vec<String> {
        let arena = Bump::new();
        let inputs: Vec<_> = texts
            .iter()
            .map(|text| text.map(|text| Value::Keyword(arena.alloc_str(text))))
            .collect();
        let computation = computation(name).expect("the computation is registered");
        assert_eq!(computation.inputs, inputs.len());
        let mut out = Vec::new();
        (computation.run)(&inputs, &arena, &mut out);
        out.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_unique_and_described() {
        let conversions =
            CONVERSIONS.iter().flat_map(|family| family.iter()).map(|c| (c.name, c.doc));
        let computations =
            COMPUTATIONS.iter().flat_map(|family| family.iter()).map(|c| (c.name, c.doc));
        let mut names = std::collections::BTreeSet::new();
        let takes = COMPUTATIONS.iter().flat_map(|family| family.iter()).map(|c| c.inputs);
        assert!(takes.max().is_some_and(|most| most <= INPUTS_MAX));
        for (name, doc) in conversions.chain(computations) {
            assert!(names.insert(name), "`{name}` is registered twice");
            assert!(doc.ends_with('.'), "`{name}` has a sentence");
        }
    }
}
