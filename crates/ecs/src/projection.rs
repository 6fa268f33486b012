//! Which fields a run wants, and where in an event each of them lies.

use std::collections::HashMap;

use crate::date::Format;
use crate::limits::FIELDS_MAX;
use crate::{FieldMapping, Schema, Type};

/// The place of a field in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// One wanted field: how rules name it, where documents hold it, and how to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name that rules and queries use.
    pub name: String,
    /// The path in documents; differs from `name` for an alias.
    pub path: String,
    /// The type that values are read as.
    pub ty: Type,
    /// What an explicit `null` stands for.
    pub null_value: Option<String>,
    /// Longest text that can be searched, in characters; longer values are as if missing.
    pub ignore_above: Option<usize>,
    /// How date texts are written, if not in the default formats.
    pub format: Option<Format>,
}

/// The wanted fields of a run, each with its slot. Filled while rules compile, then read-only.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    fields: Vec<Field>,
    slots: HashMap<String, Slot>,
}

impl Projection {
    /// A projection that wants nothing yet.
    pub fn new() -> Projection {
        Projection::default()
    }

    /// The slot of a field, added if it was not wanted before.
    ///
    /// # Panics
    /// If more than [`FIELDS_MAX`] fields are wanted; callers bound the fields of a rule set before.
    pub fn want(&mut self, name: &str, schema: &Schema) -> Slot {
        if let Some(&slot) = self.slots.get(name) {
            return slot;
        }
        assert!(
            self.fields.len() < FIELDS_MAX,
            "more than {FIELDS_MAX} distinct fields are wanted"
        );
        let slot = Slot(self.fields.len() as u16);
        self.fields.push(field(name, schema));
        self.slots.insert(name.to_owned(), slot);
        slot
    }

    /// The same fields in the same slots, read as another schema says: several sources, one query.
    #[must_use]
    pub fn rebind(&self, schema: &Schema) -> Projection {
        Projection {
            fields: self.fields.iter().map(|wanted| field(&wanted.name, schema)).collect(),
            slots: self.slots.clone(),
        }
    }

    /// The same fields in the same slots, found in documents where `path` says.
    #[must_use]
    pub fn located(mut self, path: impl Fn(&str) -> String) -> Projection {
        for field in &mut self.fields {
            field.path = path(&field.name);
        }
        self
    }

    /// The slot of a field that is already wanted.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// The field in a slot.
    pub fn field(&self, slot: Slot) -> &Field {
        &self.fields[usize::from(slot.0)]
    }

    /// All wanted fields, with their slots, in slot order.
    pub fn fields(&self) -> impl Iterator<Item = (Slot, &Field)> {
        self.fields.iter().enumerate().map(|(i, field)| (Slot(i as u16), field))
    }

    /// How many fields are wanted.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether no field is wanted.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

fn field(name: &str, schema: &Schema) -> Field {
    let mapping = schema.resolve(name).unwrap_or_else(|| FieldMapping::of(Type::Dynamic));
    Field {
        name: name.to_owned(),
        path: mapping.path.unwrap_or_else(|| name.to_owned()),
        ty: mapping.ty,
        null_value: mapping.null_value,
        ignore_above: mapping.ignore_above,
        format: mapping.format,
    }
}
