//! From alerts that are known to be honest to the exceptions that silence them and little else.
//!
//! An exception is keyed on who does it, as the path of the executable, its trusted signer or its package, and on what it
//! does, as the destination and its port. A name alone is never enough: whoever can start a program can call it anything.
//! What cannot be keyed so is refused with the reason. Nothing here asks what an exception would silence: that is found
//! by running the rule with it.

mod address;
mod edit;
mod key;
#[cfg(test)]
mod tests;
mod varying;
mod warn;

use std::collections::BTreeMap;

pub use edit::{Added, Words, added, document, list_id};
pub use key::FIELDS;
pub use varying::Varies;
pub use warn::{Warning, warnings};

use key::{Refused, Who, key};

/// An event of an alert: the first value of each of [`FIELDS`] that it has.
pub type Facts = BTreeMap<&'static str, String>;

/// An event of an alert. An alert of a sequence has several, of which one is chosen.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// The number of the alert.
    pub alert: usize,
    /// What the event says.
    pub facts: Facts,
}

/// An exception that would silence alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it asks, all of which has to hold.
    pub entries: Vec<Asked>,
    /// The parts in which its alerts differ, and for which it takes any value.
    pub varies: Vec<Varies>,
    /// The places of its sightings among those that were given.
    pub sightings: Vec<usize>,
}

/// What a proposal asks of a field: to be one of these values, or to have this form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The field.
    pub field: &'static str,
    /// The values; a pattern stands alone.
    pub values: Vec<String>,
    /// Whether the value is a pattern of Elasticsearch: `*`, `?`, and `\` before what is itself.
    pub is_pattern: bool,
}

/// Alerts for which there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why not, and what would help.
    pub why: String,
    /// How many alerts.
    pub alerts: usize,
}

/// What there is to propose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposed {
    /// The proposals, those of most alerts first.
    pub proposals: Vec<Proposal>,
    /// What is left, the most alerts first.
    pub refusals: Vec<Refusal>,
}

/// The narrowest exceptions for these alerts.
pub fn propose(sightings: &[Sighting]) -> Proposed {
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: BTreeMap<key::Group, Vec<(usize, key::Key)>> = BTreeMap::new();
    for (place, key) in best(sightings) {
        match key {
            Ok(key) => groups.entry(key.group()).or_default().push((place, key)),
            Err(refused) => *refusals.entry(refused.to_string()).or_default() += 1,
        }
    }
    let mut proposals = Vec::new();
    for members in groups.into_values() {
        match proposal(&members) {
            Ok(own) => proposals.push(own),
            Err(refused) => *refusals.entry(refused.to_string()).or_default() += members.len(),
        }
    }
    // Groups come in the order of their keys, so that equal counts keep that order.
    proposals.sort_by_key(|own| std::cmp::Reverse(own.sightings.len()));
    let mut refusals: Vec<Refusal> =
        refusals.into_iter().map(|(why, alerts)| Refusal { why, alerts }).collect();
    refusals.sort_by_key(|own| std::cmp::Reverse(own.alerts));
    Proposed { proposals, refusals }
}

/// Of each alert the event that says most, with its key.
fn best(sightings: &[Sighting]) -> Vec<(usize, Result<key::Key, Refused>)> {
    let mut chosen: BTreeMap<usize, (usize, Result<key::Key, Refused>)> = BTreeMap::new();
    for (place, sighting) in sightings.iter().enumerate() {
        let own = key(&sighting.facts);
        let rank = |key: &Result<key::Key, Refused>| key.as_ref().map_or(0, key::Key::rank);
        let is_better = chosen.get(&sighting.alert).is_none_or(|(_, had)| rank(had) < rank(&own));
        if is_better {
            chosen.insert(sighting.alert, (place, own));
        }
    }
    chosen.into_values().collect()
}

/// One exception for what belongs together.
fn proposal(members: &[(usize, key::Key)]) -> Result<Proposal, Refused> {
    let keys: Vec<&key::Key> = members.iter().map(|(_, key)| key).collect();
    let (mut entries, mut varies) = (Vec::new(), Vec::new());
    for field in keys[0].texts.iter().map(|(field, _)| *field) {
        let parts: Vec<_> = keys.iter().filter_map(|key| key.text(field)).collect();
        let (entry, differs) = varying::joined(field, &parts);
        entries.push(entry);
        varies.extend(differs);
    }
    if let Some(name) = &keys[0].name {
        let names = keys.iter().filter_map(|key| key.name.as_ref().map(|own| own.1.as_str()));
        let (entry, differs) = key::names(name.0, names.collect());
        entries.push(entry);
        varies.extend(differs);
    }
    if keys[0].address.is_some() {
        let (entry, differs) = address::entry(keys.iter().filter_map(|key| key.address))?;
        entries.push(entry);
        varies.extend(differs);
    }
    if let Some(port) = &keys[0].port {
        entries.push(Asked::value("destination.port", port));
    }
    Ok(Proposal { entries, varies, sightings: members.iter().map(|(place, _)| *place).collect() })
}

impl Asked {
    pub(crate) fn value(field: &'static str, value: &str) -> Asked {
        Asked { field, values: vec![value.to_owned()], is_pattern: false }
    }

    /// `type` of the entry.
    pub fn kind(&self) -> &'static str {
        match self.values.len() {
            _ if self.is_pattern => "wildcard",
            1 => "match",
            _ => "match_any",
        }
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let relation = match self.kind() {
            "wildcard" => "like",
            "match" => "is",
            _ => "is one of",
        };
        // What a wildcard escapes is itself; a person reads it more easily so.
        let values = self.values.join(", ");
        write!(f, "{} {relation} {values}", self.field)
    }
}

impl Proposal {
    /// The value that is asked of a field, if it is one and no pattern.
    pub fn asked(&self, field: &str) -> Option<&Asked> {
        self.entries.iter().find(|entry| entry.field == field)
    }

    /// Whether it is keyed on a program, and not on a host alone.
    pub fn knows_program(&self) -> bool {
        self.entries.iter().any(|entry| Who::is_program(entry.field))
    }

    /// A name for people: the program, and where it goes.
    pub fn title(&self) -> String {
        let first = |field: &str| self.asked(field).and_then(|entry| entry.values.first());
        let who = first("process.executable").map(|path| {
            path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path).to_owned()
        });
        let who = who
            .or_else(|| first("process.code_signature.subject_name").cloned())
            .or_else(|| first("package.name").cloned())
            .or_else(|| first("source.ip").cloned())
            .unwrap_or_default();
        let place = ["destination.domain", "dns.question.name", "destination.ip"];
        let Some(to) = place.iter().find_map(|field| self.asked(field)) else { return who };
        let more = if to.values.len() == 1 { "" } else { " and others" };
        let port = first("destination.port").map(|port| format!(" on port {port}"));
        format!("{who} to {}{more}{}", to.values[0], port.unwrap_or_default())
    }
}
