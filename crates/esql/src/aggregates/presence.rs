//! Whether there is a value, for `PRESENT` and `ABSENT`.

use super::accumulate::{Accumulate, Row};
use crate::block::Builder;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

#[derive(Debug, Clone)]
pub(super) struct Presence {
    seen: bool,
    /// What the result is where there is a value.
    result: bool,
}

impl Presence {
    pub(super) fn new(result: bool) -> Presence {
        Presence { seen: false, result }
    }
}

impl Accumulate for Presence {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Boolean]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        self.seen |= !row.list(0).is_empty();
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        parts[0].push(&[Value::Boolean(self.seen)]);
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.seen |= state.first(0) == Some(Value::Boolean(true));
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        into.push(&[Value::Boolean(self.seen == self.result)]);
        Ok(())
    }
}
