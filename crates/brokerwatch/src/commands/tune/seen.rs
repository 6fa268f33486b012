//! What a rule fires on in honest telemetry: of each alert what exceptions are made of, and when and where it was.

use std::collections::{BTreeMap, BTreeSet};

use brokerwatch_detect::Alert;
use brokerwatch_rules::Rule;
use brokerwatch_rules::guide::Values;
use brokerwatch_rules::tuning::{FIELDS, Facts, Sighting};

use crate::commands::trial::Form;

/// Most events of alerts that are kept to make exceptions of; further ones are counted and told.
const SIGHTINGS_MAX: usize = 500_000;

/// Reads from alerts what exceptions are made of.
pub(super) struct Seeing;

/// An event of an alert.
pub(super) struct Seen {
    /// The group of a sequence, else the alert's own id.
    group: String,
    /// Whether it stands for a whole sequence, whose events come by themselves.
    is_shell: bool,
    /// Whether it is an event of a sequence.
    is_block: bool,
    facts: Facts,
    pub(super) host: Option<String>,
    pub(super) time: String,
    /// Where it was read.
    pub(super) place: String,
}

impl<'r> Form<'r> for Seeing {
    type Sheet = Vec<Seen>;

    fn add(&self, sheet: &mut Vec<Seen>, _: &'r Rule, alert: Alert) {
        let values = Values::of(&alert.document);
        let first = |field: &str| values.first(field).map(str::to_owned);
        let id = alert.id.to_string();
        let own = &alert.document["brokerwatch"];
        let place = match (own["source"]["path"].as_str(), own["source"]["line"].as_u64()) {
            (Some(path), Some(line)) => format!("{path}:{line}"),
            (Some(path), None) => format!("{path}, byte {}", own["source"]["offset"]),
            // A row of several events has no place.
            (None, _) => String::new(),
        };
        sheet.push(Seen {
            group: own["alert"]["group"]["id"].as_str().map_or(id, str::to_owned),
            is_shell: !own["alert"]["sequence"].is_null(),
            is_block: !own["alert"]["group"]["index"].is_null(),
            facts: FIELDS.iter().filter_map(|field| Some((*field, first(field)?))).collect(),
            host: first("host.name").or_else(|| first("host.id")).or_else(|| first("source.ip")),
            time: first("@timestamp").unwrap_or_default(),
            place,
        });
    }

    fn bytes(&self, sheet: &Vec<Seen>) -> usize {
        let facts = sheet.iter().flat_map(|seen| &seen.facts);
        sheet.len() * size_of::<Seen>() + facts.map(|(_, text)| text.len() + 64).sum::<usize>()
    }
}

/// All alerts of a run.
#[derive(Default)]
pub(super) struct Alerts {
    /// The events of alerts, in the order of the sightings.
    pub(super) events: Vec<Seen>,
    /// How many alerts there are.
    pub(super) count: usize,
    /// How many events are past the bound.
    pub(super) left_out: usize,
}

impl Alerts {
    /// Takes the alerts of a part of the run.
    pub(super) fn take(&mut self, sheet: Vec<Seen>) {
        for seen in sheet {
            self.count += usize::from(!seen.is_block);
            if seen.is_shell {
                continue;
            }
            if self.events.len() < SIGHTINGS_MAX {
                self.events.push(seen);
            } else {
                self.left_out += 1;
            }
        }
    }

    /// What proposals are made of.
    pub(super) fn sightings(&self) -> Vec<Sighting> {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut sightings = Vec::with_capacity(self.events.len());
        for (place, seen) in self.events.iter().enumerate() {
            // The alerts of one rule are all sequences, or none is.
            let alert = if seen.is_block {
                let next = numbers.len();
                *numbers.entry(&seen.group).or_insert(next)
            } else {
                place
            };
            sightings.push(Sighting { alert, facts: seen.facts.clone() });
        }
        sightings
    }

    /// The day of the newest alert, as files of exceptions write it.
    pub(super) fn day(&self) -> String {
        let newest = self.events.iter().map(|seen| seen.time.as_str()).max().unwrap_or_default();
        newest.get(..10).unwrap_or("1970-01-01").replace('-', "/")
    }

    /// What there is to say of some events.
    pub(super) fn about(&self, places: &[usize]) -> About<'_> {
        let events = || places.iter().map(|place| &self.events[*place]);
        let hosts: BTreeSet<&str> = events().filter_map(|seen| seen.host.as_deref()).collect();
        let times = || events().map(|seen| seen.time.as_str()).filter(|time| !time.is_empty());
        About {
            alerts: places.len(),
            hosts: hosts.into_iter().collect(),
            first: times().min().unwrap_or_default(),
            last: times().max().unwrap_or_default(),
            example: events().map(|seen| seen.place.as_str()).next().unwrap_or_default(),
        }
    }
}

/// What some events have in common.
pub(super) struct About<'a> {
    /// The alerts that they are of.
    pub(super) alerts: usize,
    /// The hosts, each once.
    pub(super) hosts: Vec<&'a str>,
    /// The first time.
    pub(super) first: &'a str,
    /// The last time.
    pub(super) last: &'a str,
    /// Where the first one was read.
    pub(super) example: &'a str,
}

/// Counts alerts by rule, without the events of sequences.
pub(super) struct Counting;

impl<'r> Form<'r> for Counting {
    type Sheet = BTreeMap<String, usize>;

    fn add(&self, sheet: &mut BTreeMap<String, usize>, rule: &'r Rule, alert: Alert) {
        if alert.document["brokerwatch"]["alert"]["group"]["index"].is_null() {
            *sheet.entry(rule.id.clone()).or_default() += 1;
        }
    }

    fn bytes(&self, sheet: &BTreeMap<String, usize>) -> usize {
        sheet.len() * 128
    }
}
