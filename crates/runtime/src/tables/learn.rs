//! Finding out what fields documents have: from a sample, from everything for some names, or from everything for all.

use std::collections::BTreeMap;

use brokerwatch_ecs::{FieldMapping, Mapped, Projection, Schema, Slot, Type};
use brokerwatch_esql::types::DataType;
use serde_json::{Map, Value};

use super::Shared;
use super::column::{Place, ecs};
use super::facts::{Facts, Seen};
use super::mapping::Mapping;
use crate::events::{self, OnEvents, Reading, Seen as SeenEvent};
use crate::limits::{SAMPLE_BYTES_MAX, SAMPLE_INPUT_BYTES_MAX};
use crate::{Input, Item, Progress};

/// Reads the beginnings of inputs for what fields with these names hold. Gives whether that was all there is.
pub(super) fn sample(
    shared: &Shared,
    inputs: &[Input],
    (names, mapping): (&[String], Option<&Mapping>),
    facts: &mut Facts,
) -> bool {
    let (mut heads, mut bytes) = (Vec::new(), 0);
    for input in inputs {
        if SAMPLE_BYTES_MAX <= bytes {
            break;
        }
        bytes += input.stored_bytes.clamp(1, SAMPLE_INPUT_BYTES_MAX);
        heads.push(input.head(SAMPLE_INPUT_BYTES_MAX));
    }
    read(shared, &heads, (names, mapping), facts);
    // What is compressed or has no size is never taken for whole.
    let whole = |input: &Input| {
        input.file().is_some() && (1..SAMPLE_INPUT_BYTES_MAX).contains(&input.stored_bytes)
    };
    heads.len() == inputs.len() && inputs.iter().all(whole)
}

/// Reads everything for what fields with these names hold.
pub(super) fn all_of(
    shared: &Shared,
    inputs: &[Input],
    (names, mapping): (&[String], Option<&Mapping>),
    facts: &mut Facts,
) {
    read(shared, inputs, (names, mapping), facts);
    facts.exact.extend(names.iter().cloned());
}

fn read(
    shared: &Shared,
    inputs: &[Input],
    (names, mapping): (&[String], Option<&Mapping>),
    facts: &mut Facts,
) {
    let mut projection = Projection::new();
    let mut named: BTreeMap<Slot, &str> = BTreeMap::new();
    for name in names {
        let Some(field) = reading_of(name, mapping) else { continue };
        let mut schema = Schema::strict();
        schema.declare(name.clone(), Mapped::Field(field));
        named.insert(projection.want(name, &schema), name);
    }
    let reading = shared.reading(&projection);
    run(inputs, reading, &Fields, |seen: BTreeMap<Slot, Seen>| {
        for (slot, seen) in seen {
            facts.see(named[&slot], seen);
        }
    });
}

/// How the values of a field are read for the facts about it; `None` if there is nothing to find out.
fn reading_of(name: &str, mapping: Option<&Mapping>) -> Option<FieldMapping> {
    if let Some(mapping) = mapping {
        return mapping
            .fields()
            .get(name)
            .filter(|field| field.ty != DataType::GeoPoint)?
            .read
            .clone();
    }
    let read = match ecs(name) {
        Some(column) => match super::column::Binding::open(name, column.ty, false, false).place {
            Place::Field { mapping, .. } => return Some(mapping),
            Place::Point { .. } | Place::Nowhere => return None,
        },
        None => Type::Dynamic,
    };
    Some(FieldMapping::of(read))
}

/// Reads everything for the names of all fields, and what they hold.
pub(super) fn everything(shared: &Shared, inputs: &[Input], facts: &mut Facts) {
    let projection = Projection::new();
    let reading = shared.reading(&projection);
    run(inputs, reading, &Documents, |seen: BTreeMap<String, Seen>| {
        for (name, seen) in seen {
            facts.see(&name, seen);
        }
    });
    facts.complete = true;
}

/// Reads inputs and says nothing of what cannot be read: that is told when they are read for their rows.
fn run<W: OnEvents>(
    inputs: &[Input],
    reading: Reading<'_>,
    work: &W,
    mut take: impl FnMut(W::Output) + Send,
) {
    let result: Result<(), std::convert::Infallible> =
        events::read(inputs, reading, &Progress::default(), work, &mut |_, item| {
            if let Item::Output(piece) = item {
                take(piece.output);
            }
            Ok(())
        });
    let Ok(()) = result;
}

/// What the wanted fields hold.
struct Fields;

impl OnEvents for Fields {
    type Worker = ();
    type Output = BTreeMap<Slot, Seen>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &SeenEvent<'_, '_>, fields: &mut Self::Output) {
        for &slot in seen.event.filled() {
            fields.entry(slot).or_default().add(Seen::of(seen.event.values(slot)));
        }
    }

    fn bytes(&self, fields: &Self::Output) -> usize {
        fields.len() * 64
    }
}

/// What the fields of whole documents hold.
struct Documents;

impl OnEvents for Documents {
    type Worker = ();
    type Output = BTreeMap<String, Seen>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &SeenEvent<'_, '_>, names: &mut Self::Output) {
        let document = seen.document();
        let mut one = Leaves::default();
        // A hit that was exported without its source holds the values under `fields`.
        if let (Some(Value::String(_)), Some(Value::Object(fields))) =
            (document.get("_index"), document.get("fields"))
        {
            one.object(fields, true);
        }
        one.object(&document, true);
        for (name, seen) in one.seen {
            match names.get_mut(&name) {
                Some(known) => known.add(seen),
                None => {
                    names.insert(name, seen);
                }
            }
        }
    }

    fn bytes(&self, names: &Self::Output) -> usize {
        names.keys().map(|name| name.len() + 64).sum()
    }
}

/// The leaves of a document by name.
#[derive(Default)]
struct Leaves {
    seen: BTreeMap<String, Seen>,
    path: String,
}

impl Leaves {
    fn object(&mut self, object: &Map<String, Value>, is_top: bool) {
        for (key, value) in object {
            // The metadata of a hit are no fields.
            if is_top && super::metadata::names().any(|name| name == key) {
                continue;
            }
            let before = self.path.len();
            if !is_top {
                self.path.push('.');
            }
            self.path.push_str(key);
            self.value(value);
            self.path.truncate(before);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(inner) if self.is_point() => {
                if inner.contains_key("lat") {
                    self.leaf(Seen::default());
                }
            }
            Value::Object(inner) => self.object(inner, false),
            Value::Array(items) if self.is_point() => {
                // A point is a list of two numbers.
                if items.iter().all(Value::is_number) {
                    self.leaf(Seen::default());
                } else {
                    items.iter().for_each(|item| self.value(item));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            leaf => self.leaf(Seen::of_json(leaf)),
        }
    }

    fn is_point(&self) -> bool {
        self.path.ends_with("geo.location")
            && ecs(&self.path).is_some_and(|column| column.ty == DataType::GeoPoint)
    }

    fn leaf(&mut self, seen: Seen) {
        match self.seen.get_mut(&self.path) {
            // Whether the values are the same does not matter: a list of one is that one.
            Some(known) => {
                known.add(seen);
                known.add(Seen::several());
            }
            None => {
                self.seen.insert(self.path.clone(), seen);
            }
        }
    }
}
