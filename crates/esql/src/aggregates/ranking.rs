//! The best values by a key, for `TOP` and `SAMPLE`.

use std::cmp::Ordering;

use super::accumulate::{Accumulate, Row};
use super::extreme::text_bytes;
use crate::block::Builder;
use crate::types::DataType;
use crate::value::{Scalar, Value};
use crate::warnings::Failure;

/// Keeps the best `limit` keys, each with a value to give instead of it where there is an output.
#[derive(Debug, Clone)]
pub(super) struct Ranking {
    key: DataType,
    output: Option<DataType>,
    descending: bool,
    limit: usize,
    /// Twice as many as asked for at most: what is not among the best goes when it is full. Sorting now and then costs
    /// less than keeping order.
    entries: Vec<Entry>,
    /// Whether the first `limit` entries are in order, so that only better ones than their last can matter.
    barred: bool,
    text: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Scalar,
    output: Option<Scalar>,
}

impl Ranking {
    pub(super) fn new(
        key: DataType,
        output: Option<DataType>,
        limit: usize,
        descending: bool,
    ) -> Ranking {
        let entries = Vec::new();
        Ranking { key, output, descending, limit, entries, barred: false, text: 0 }
    }

    pub(super) fn offer(&mut self, key: Value<'_>, output: Option<Value<'_>>) {
        if self.barred && !self.beats_the_bar(key, output) {
            return;
        }
        let entry = Entry { key: key.to_owned(), output: output.map(Value::to_owned) };
        self.text += entry.text_bytes();
        self.entries.push(entry);
        if self.limit.saturating_mul(2) < self.entries.len() {
            self.trim();
        }
    }

    fn beats_the_bar(&self, key: Value<'_>, output: Option<Value<'_>>) -> bool {
        self.entries
            .get(self.limit - 1)
            .is_none_or(|bar| self.order((key, output), bar.borrowed()) == Ordering::Less)
    }

    fn trim(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|a, b| self.order(a.borrowed(), b.borrowed()));
        entries.truncate(self.limit);
        self.barred = entries.len() == self.limit;
        self.text = entries.iter().map(Entry::text_bytes).sum();
        self.entries = entries;
    }

    /// The better one is less. Equal keys are in the order of what is given for them.
    fn order(
        &self,
        a: (Value<'_>, Option<Value<'_>>),
        b: (Value<'_>, Option<Value<'_>>),
    ) -> Ordering {
        let outputs = || match (a.1, b.1, self.output) {
            (Some(a), Some(b), Some(ty)) => total_order(a, b, ty),
            _ => Ordering::Equal,
        };
        let ascending = total_order(a.0, b.0, self.key).then_with(outputs);
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// The order of two values of one type, with a place for every float.
pub(super) fn total_order(a: Value<'_>, b: Value<'_>, ty: DataType) -> Ordering {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.total_cmp(&b),
        _ => a.compare(&b, ty).unwrap_or(Ordering::Equal),
    }
}

impl Entry {
    fn borrowed(&self) -> (Value<'_>, Option<Value<'_>>) {
        (self.key.get(), self.output.as_ref().map(Scalar::get))
    }

    /// The output, or the key where there is none.
    fn given(&self) -> Value<'_> {
        self.output.as_ref().unwrap_or(&self.key).get()
    }

    fn text_bytes(&self) -> usize {
        text_bytes(&self.key) + self.output.as_ref().map_or(0, text_bytes)
    }
}

impl Accumulate for Ranking {
    fn parts(&self) -> Vec<DataType> {
        std::iter::once(self.key).chain(self.output).collect()
    }

    /// Takes each key with each output of the row.
    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        for key in row.list(0) {
            if self.output.is_none() {
                self.offer(*key, None);
            }
            for output in row.list(1) {
                self.offer(*key, Some(*output));
            }
        }
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        let keys: Vec<Value<'_>> = self.entries.iter().map(|entry| entry.key.get()).collect();
        parts[0].push(&keys);
        if let Some(part) = parts.get_mut(1) {
            part.push(&self.outputs());
        }
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        for (at, key) in state.list(0).iter().enumerate() {
            self.offer(*key, state.list(1).get(at).copied());
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        self.trim();
        into.push(&self.outputs());
        Ok(())
    }

    fn heap(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.text
    }
}

impl Ranking {
    fn outputs(&self) -> Vec<Value<'_>> {
        self.entries.iter().map(Entry::given).collect()
    }
}
