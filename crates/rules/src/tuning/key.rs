//! What an exception is keyed on: who does it, and what it does.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use brokerwatch_ecs::parse_ip;

use super::varying::{Part, Varies, parts, skeleton};
use super::{Asked, Facts};
use crate::limits::ENTRIES_MAX;

/// The fields that proposals are made of.
pub const FIELDS: &[&str] = &[
    "process.executable",
    "process.code_signature.subject_name",
    "process.code_signature.trusted",
    "package.name",
    "process.name",
    "process.command_line",
    "process.parent.executable",
    "file.path",
    "destination.domain",
    "dns.question.name",
    "destination.ip",
    "destination.port",
    "source.ip",
];

/// What an event can be silenced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    who: Who,
    /// Fields that hold a text, with its parts.
    pub(super) texts: Vec<(&'static str, Vec<Part>)>,
    /// The name of the destination, with its field.
    pub(super) name: Option<(&'static str, String)>,
    pub(super) address: Option<Ipv6Addr>,
    pub(super) port: Option<String>,
}

/// What belongs into one proposal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    texts: Vec<(&'static str, String)>,
    name: Option<(&'static str, String)>,
    has_address: bool,
    port: Option<String>,
}

/// How well a program is known, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The address of a host.
    Host,
    Package,
    Signer,
    Path,
    /// A path and a signer.
    Both,
}

/// Why an event cannot be silenced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refused {
    /// Only the name of a program is known.
    NameOnly(String),
    /// Nothing says who did it.
    Nobody,
    /// Nothing says what it did.
    NoTarget(String),
    /// Too many addresses in too many networks.
    Scattered(usize),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::NameOnly(name) => write!(
                f,
                "only the name `{name}` is known, and any program can be called so; an exception needs the path \
                 (`process.executable`), a trusted signer or a package, which other telemetry may have"
            ),
            Refused::Nobody => write!(
                f,
                "the alerts tell neither a program nor an address that does it; rules that count show only the \
                 fields they count by"
            ),
            Refused::NoTarget(who) => write!(
                f,
                "`{who}` is known, but neither where it goes nor what it does (destination, command line, file); \
                 an exception for all of it would hide too much"
            ),
            Refused::Scattered(count) => write!(
                f,
                "one program reaches {count} addresses in unrelated networks; telemetry with the name of the \
                 destination (`destination.domain`) would narrow it"
            ),
        }
    }
}

impl Who {
    /// Whether a field tells a program.
    pub(super) fn is_program(field: &str) -> bool {
        matches!(
            field,
            "process.executable" | "process.code_signature.subject_name" | "package.name"
        )
    }
}

/// The key of an event.
pub(super) fn key(facts: &Facts) -> Result<Key, Refused> {
    let (who, mut texts) = program(facts)?;
    let name = ["destination.domain", "dns.question.name"].into_iter().find_map(|field| {
        let name =
            facts.get(field).filter(|name| parse_ip(name).is_none() && name.contains('.'))?;
        Some((field, name.clone()))
    });
    let address = facts.get("destination.ip").filter(|_| name.is_none());
    let address = address.and_then(|text| parse_ip(text));
    let port = facts.get("destination.port").cloned();
    if name.is_none() && address.is_none() {
        let act = ["process.command_line", "file.path"]
            .into_iter()
            .find(|field| facts.contains_key(field));
        let Some(act) = act.filter(|_| who != Who::Host) else {
            let told = texts.first().map(|(_, parts)| skeleton(parts)).unwrap_or_default();
            return Err(Refused::NoTarget(told));
        };
        for field in [act, "process.parent.executable"] {
            texts.extend(facts.get(field).map(|text| (field, parts(text))));
        }
        return Ok(Key { who, texts, name: None, address: None, port: None });
    }
    Ok(Key { who, texts, name, address, port })
}

/// Fields that hold a text, with its parts.
type Texts = Vec<(&'static str, Vec<Part>)>;

/// Who does it.
fn program(facts: &Facts) -> Result<(Who, Texts), Refused> {
    let whole = |field: &'static str, text: &str| (field, vec![Part::fixed(text)]);
    // A path without a folder is a name.
    let path = facts.get("process.executable").filter(|path| path.contains(['/', '\\']));
    let is_trusted = facts.get("process.code_signature.trusted").is_some_and(|own| own == "true");
    let signer = facts.get("process.code_signature.subject_name").filter(|_| is_trusted);
    let trusted = || whole("process.code_signature.trusted", "true");
    let subject = |signer: &str| whole("process.code_signature.subject_name", signer);
    Ok(match (path, signer, facts.get("package.name"), facts.get("process.name")) {
        (Some(path), Some(signer), ..) => {
            (Who::Both, vec![("process.executable", parts(path)), subject(signer), trusted()])
        }
        (Some(path), None, ..) => (Who::Path, vec![("process.executable", parts(path))]),
        (None, Some(signer), ..) => (Who::Signer, vec![subject(signer), trusted()]),
        (None, None, Some(package), _) => (Who::Package, vec![whole("package.name", package)]),
        (None, None, None, Some(name)) => return Err(Refused::NameOnly(name.clone())),
        (None, None, None, None) => {
            let address = facts.get("source.ip").ok_or(Refused::Nobody)?;
            (Who::Host, vec![whole("source.ip", address)])
        }
    })
}

impl Key {
    /// How narrow an exception with it is; more is better.
    pub(super) fn rank(&self) -> usize {
        let target = usize::from(self.address.is_some()) + 2 * usize::from(self.name.is_some());
        1 + 4 * self.who as usize + target + usize::from(self.port.is_some())
    }

    pub(super) fn text(&self, field: &str) -> Option<&[Part]> {
        self.texts.iter().find(|(own, _)| *own == field).map(|(_, parts)| parts.as_slice())
    }

    pub(super) fn group(&self) -> Group {
        let texts = self.texts.iter().map(|(field, parts)| (*field, skeleton(parts)));
        Group {
            texts: texts.collect(),
            name: self.name.as_ref().map(|(field, name)| (*field, registered(name).to_owned())),
            has_address: self.address.is_some(),
            port: self.port.clone(),
        }
    }
}

/// Labels below which countries register names.
const SECOND_LEVEL: &[&str] = &["ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"];

/// The part of a name that somebody registered, as far as its form tells: two labels, or three below `co.uk` and the like.
fn registered(name: &str) -> &str {
    let name = name.trim_end_matches('.');
    let starts: Vec<usize> =
        std::iter::once(0).chain(name.match_indices('.').map(|(at, _)| at + 1)).collect();
    let labels: Vec<&str> = name.split('.').collect();
    let is_below_country = matches!(labels.as_slice(), [.., second, country]
        if country.len() == 2 && SECOND_LEVEL.contains(second));
    let kept = if is_below_country { 3 } else { 2 };
    starts.len().checked_sub(kept).map_or(name, |at| &name[starts[at]..])
}

/// The names of destinations of one registered name: the name itself, or all below what they share.
pub(super) fn names(field: &'static str, names: BTreeSet<&str>) -> (Asked, Option<Varies>) {
    let first = names.first().copied().unwrap_or_default();
    if names.len() <= 1 {
        return (Asked::value(field, first), None);
    }
    let mut shared: Vec<&str> = first.split('.').rev().collect();
    for name in &names {
        let same = shared.iter().zip(name.split('.').rev()).take_while(|(a, b)| **a == *b);
        let count = same.count();
        shared.truncate(count);
    }
    let suffix = shared.into_iter().rev().collect::<Vec<_>>().join(".");
    let varies = Varies::new(field, "name", names.iter().map(|name| (*name).to_owned()).collect());
    if names.contains(suffix.as_str()) && names.len() <= ENTRIES_MAX {
        // A pattern for the names below would not take the name itself.
        let values = names.into_iter().map(str::to_owned).collect();
        return (Asked { field, values, is_pattern: false }, None);
    }
    (Asked { field, values: vec![format!("*.{suffix}")], is_pattern: true }, Some(varies))
}
