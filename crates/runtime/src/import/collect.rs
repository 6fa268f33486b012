//! From events that are read to events that are kept: what is known of each, and the partition that it goes into.

use brokerwatch_detect::digest_of;
use brokerwatch_ecs::{Projection, Schema, Slot, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::day::NO_DAY;
use super::journal::{DATASET, DAY};
use super::kept::Kept;
use crate::events::{OnEvents, Seen};
use crate::limits::{DATASET_BYTES_MAX, ID_BYTES_MAX};
use crate::tables::document_text;

/// The data set of documents of ECS that do not name theirs.
const NO_DATASET: &str = "ecs";

/// Collects events.
pub struct Collect {
    projection: Projection,
    timestamp: Slot,
    /// The fields that say which data set an event is of, the first first.
    datasets: [Slot; 2],
}

/// An event on its way into a partition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Incoming {
    /// The folder of the partition, below that of the import.
    pub(super) partition: String,
    pub(super) kept: Kept,
}

impl Default for Collect {
    fn default() -> Collect {
        let (mut projection, schema) = (Projection::new(), Schema::open());
        let timestamp = projection.want("@timestamp", &schema);
        let datasets =
            ["event.dataset", "data_stream.dataset"].map(|name| projection.want(name, &schema));
        Collect { projection, timestamp, datasets }
    }
}

impl Collect {
    /// The fields that have to be read.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// The folder of the partition that an event goes into.
    fn partition(&self, seen: &Seen<'_, '_>) -> String {
        let event = seen.event;
        let day =
            event.timestamp(self.timestamp).map(|moment| moment.strftime("%Y-%m-%d").to_string());
        let day = day.unwrap_or_else(|| NO_DAY.to_owned());
        let said = self.datasets.iter().find_map(|slot| match event.values(*slot).first() {
            Some(Value::Keyword(name)) if !name.is_empty() => Some(*name),
            _ => None,
        });
        let dataset = said.or_else(|| seen.source.map(|source| source.name)).unwrap_or(NO_DATASET);
        format!("{DAY}{day}/{DATASET}{}", safe(dataset))
    }

    fn kept(&self, seen: &Seen<'_, '_>) -> Kept {
        let event = seen.event;
        let document = document_text(seen);
        let own = event.id.filter(|id| id.len() <= ID_BYTES_MAX).map(str::to_owned);
        let made = || Uuid::new_v5(&Uuid::NAMESPACE_OID, document.as_bytes()).to_string();
        let as_it_was = event.first_digest.is_none() && document.as_bytes() == event.source;
        Kept {
            nanos: event.timestamp(self.timestamp).map(|moment| nearest(moment.as_nanosecond())),
            id: own.unwrap_or_else(made),
            index: event.index.filter(|name| name.len() <= ID_BYTES_MAX).map(str::to_owned),
            record: (!as_it_was).then(|| digest_of(event).into_bytes()),
            reader: seen.source.map(|source| source.name).or(event.first_source).map(str::to_owned),
            document,
        }
    }
}

impl OnEvents for Collect {
    type Worker = ();
    type Output = Vec<Incoming>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, output: &mut Vec<Incoming>) {
        output.push(Incoming { partition: self.partition(seen), kept: self.kept(seen) });
    }

    fn bytes(&self, output: &Vec<Incoming>) -> usize {
        output.iter().map(Incoming::bytes).sum()
    }
}

impl Incoming {
    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.partition.len() + self.kept.bytes()
    }
}

fn nearest(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// A name as part of the name of a folder: small letters, digits, `.`, `-` and `_`.
fn safe(name: &str) -> String {
    let safe = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '.' | '-' | '_') => c,
        _ => '_',
    };
    name.chars().map(safe).take(DATASET_BYTES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_are_safe() {
        for (name, expected) in [
            ("endpoint.events.network", "endpoint.events.network"),
            ("Zeek/../../Conn", "zeek_.._.._conn"),
            ("a\0b=ü", "a_b__"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
        assert_eq!(safe(&"x".repeat(1000)).len(), DATASET_BYTES_MAX);
    }

    #[test]
    fn times_too_far_away_are_the_nearest() {
        assert_eq!(nearest(i128::MIN), i64::MIN);
        assert_eq!(nearest(i128::MAX), i64::MAX);
        assert_eq!(nearest(-5), -5);
    }
}
