//! One event: the wanted fields in slots, and the bytes it came from.

use crate::limits::VALUES_PER_FIELD_MAX;
use crate::{Projection, Slot, Timestamp, Value};

/// Where an event stands in its input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// Bytes before the record, in the decompressed input.
    pub offset_bytes: u64,
    /// The line of the record's first byte, from 1.
    pub line: u64,
}

/// One event. Only the fields of the projection are filled; each holds a list of values, and an empty
/// list is a missing field.
///
/// An event borrows from the chunk it was read from and ends with the callback it is handed to.
#[derive(Debug)]
pub struct Event<'c> {
    slots: Vec<Vec<Value<'c>>>,
    filled: Vec<Slot>,
    /// The record as it stood in the input.
    pub source: &'c [u8],
    /// Where the record stands.
    pub origin: Origin,
    /// The document's own id, if it has one (an Elasticsearch hit's `_id`).
    pub id: Option<&'c str>,
    /// The index the document came from, if it says so (an Elasticsearch hit's `_index`).
    pub index: Option<&'c str>,
    /// The digest of the record that the event was first read from, if that is not the one in `source`: an imported event
    /// keeps what it was.
    pub first_digest: Option<[u8; 16]>,
    /// The name of the source that the event was first read from, if it became the document in `source` by a mapping.
    pub first_source: Option<&'c str>,
    /// Values that a bound dropped.
    pub dropped_values: u32,
}

impl<'c> Event<'c> {
    /// An event without values, with room for the fields of `projection`.
    pub fn new(projection: &Projection) -> Event<'c> {
        Event {
            slots: vec![Vec::new(); projection.len()],
            filled: Vec::new(),
            source: &[],
            origin: Origin::default(),
            id: None,
            index: None,
            first_digest: None,
            first_source: None,
            dropped_values: 0,
        }
    }

    /// Empties the event for the next record, keeping its memory.
    pub fn reset(&mut self, source: &'c [u8], origin: Origin) {
        for slot in self.filled.drain(..) {
            self.slots[usize::from(slot.0)].clear();
        }
        self.source = source;
        self.origin = origin;
        self.id = None;
        self.index = None;
        self.first_digest = None;
        self.first_source = None;
        self.dropped_values = 0;
    }

    /// Adds a value to a field.
    pub fn push(&mut self, slot: Slot, value: Value<'c>) {
        let values = &mut self.slots[usize::from(slot.0)];
        if values.is_empty() {
            self.filled.push(slot);
        } else if VALUES_PER_FIELD_MAX <= values.len() {
            self.dropped_values = self.dropped_values.saturating_add(1);
            return;
        }
        values.push(value);
    }

    /// The values of a field; none if it is missing.
    #[inline]
    pub fn values(&self, slot: Slot) -> &[Value<'c>] {
        self.slots.get(usize::from(slot.0)).map_or(&[], Vec::as_slice)
    }

    /// The fields that have a value, in the order in which they were met.
    pub fn filled(&self) -> &[Slot] {
        &self.filled
    }

    /// The event's time, if `@timestamp` is wanted and holds a moment.
    pub fn timestamp(&self, slot: Slot) -> Option<Timestamp> {
        match self.values(slot).first() {
            Some(Value::Date(moment)) => Some(*moment),
            _ => None,
        }
    }
}
