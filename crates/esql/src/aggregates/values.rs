//! `VALUES`: each different value once.

use hashbrown::HashTable;

use super::accumulate::{Accumulate, Row};
use super::extreme::text_bytes;
use super::hash::{hash, same};
use super::{Aggregate, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::{ANY, DataType};
use crate::value::{Scalar, Value};
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "VALUES",
    aliases: &[],
    doc: "Each different value once, as they came; the order over many rows is no promise.",
    params: &[param("field", ANY)],
    returns: Returns::Like(0),
    gives: Gives::Many,
    examples: &[
        Example { query: r#"ROW a = ["b", "a", "b"] | STATS v = VALUES(a)"#, result: "[b, a]" },
        Example { query: "ROW a = 1 | STATS v = VALUES(a)", result: "1" },
        Example { query: "ROW a = 1 | WHERE a > 2 | STATS v = VALUES(a)", result: "null" },
    ],
    plan: |call| {
        let empty =
            Distinct { ty: call.ty(0), values: Vec::new(), places: HashTable::new(), text: 0 };
        Ok(call.own(&AGGREGATE, empty, &[0]))
    },
};

#[derive(Debug, Clone)]
struct Distinct {
    ty: DataType,
    values: Vec<Scalar>,
    /// The place of each value. Memory ends long before 32 bits do.
    places: HashTable<u32>,
    text: usize,
}

impl Distinct {
    fn add(&mut self, value: Value<'_>) {
        let values = &mut self.values;
        let known = |at: &u32| same(values[*at as usize].get(), value);
        if self.places.find(hash(value), known).is_some() {
            return;
        }
        let place = values.len() as u32;
        values.push(value.to_owned());
        self.text += values.last().map_or(0, text_bytes);
        self.places.insert_unique(hash(value), place, |at| hash(values[*at as usize].get()));
    }

    fn push(&self, into: &mut Builder) {
        let values: Vec<Value<'_>> = self.values.iter().map(Scalar::get).collect();
        into.push(&values);
    }
}

impl Accumulate for Distinct {
    fn parts(&self) -> Vec<DataType> {
        vec![self.ty]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        row.list(0).iter().for_each(|value| self.add(*value));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        self.push(&mut parts[0]);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        state.list(0).iter().for_each(|value| self.add(*value));
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        self.push(into);
        Ok(())
    }

    fn heap(&self) -> usize {
        self.values.capacity() * size_of::<Scalar>() + self.places.allocation_size() + self.text
    }
}
