//! Lists as data: the ports, names and bounds that rules share, what a site changes of them, and rules filled with them.
//!
//! A rule holds the default values of its lists literally, so that Elastic's loader accepts it as it stands, and a marker
//! ties them to a list. [`fill`] puts the values of a list in force in their place; only the marked places change.

pub mod codes;
mod file;
mod fill;
mod literal;
mod marker;
mod site;
mod software;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use brokerwatch_ecs::similar;
use brokerwatch_expr::{Diagnostic, Span};

use crate::Failure;
use crate::fields::listed;

pub use file::load;
pub use fill::{Filled, Use, drift, fill};
pub use site::{Site, site};
pub use software::{HONEST_SOFTWARE, Software, exceptions};

/// A list by its name in rules.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// `name`, as markers write it.
    pub name: String,
    /// `title`
    pub title: String,
    /// `type`
    pub kind: Kind,
    /// `updated`, `YYYY-MM-DD`.
    pub updated: String,
    /// The groups that the profile `lab` leaves out.
    pub lab_networks: Vec<String>,
    /// The file that holds it.
    pub path: String,
    /// Its values, in the order of the file, then what a site added.
    pub entries: Vec<Entry>,
    /// The rows of a list of software, which has no values.
    pub software: Vec<Software>,
    /// What a site changed, in the order in which it was done.
    pub changes: Vec<Change>,
    /// The groups it has, also those that a site emptied; none stands for entries without one.
    groups: BTreeSet<Option<String>>,
}

/// What the values of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A port, 1 to 65535.
    Port,
    /// A network, `ADDRESS/BITS`.
    Network,
    /// A name of hosts; `*` stands for any text.
    Domain,
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A stretch of time, such as `2m`.
    Duration,
    /// Rows of software; see [`Software`].
    Software,
}

impl Kind {
    /// All of them with their names.
    pub const ALL: &'static [(&'static str, Kind)] = &[
        ("port", Kind::Port),
        ("network", Kind::Network),
        ("domain", Kind::Domain),
        ("text", Kind::Text),
        ("number", Kind::Number),
        ("duration", Kind::Duration),
        ("software", Kind::Software),
    ];

    /// Whether a marker without a group means the one value without a group, and always fills one place.
    pub fn is_scalar(self) -> bool {
        matches!(self, Kind::Number | Kind::Duration)
    }
}

/// A value of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text; networks, names and durations are texts too.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Integer(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// One `[[entry]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `value`
    pub value: Value,
    /// `group`
    pub group: Option<String>,
    /// `note`; of what a site added, its reason.
    pub note: String,
    /// `source`; empty for what a site added.
    pub source: String,
    /// `date`, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// What a site did to a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What was done.
    pub done: Done,
    /// The value that came or went, or of software the product.
    pub value: Value,
    /// Its group.
    pub group: Option<String>,
    /// Why, in the words of the site.
    pub reason: Option<String>,
    /// The file that asked for it.
    pub path: String,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A value came.
    Added,
    /// A value went.
    Removed,
}

/// Lists by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists {
    lists: BTreeMap<String, List>,
}

impl Lists {
    /// Reads many files, each a path and a text. Of two lists of one name the first counts: a pack that lies on disk
    /// comes before the same one in the binary.
    pub fn load_all(files: impl Iterator<Item = (String, String)>) -> (Lists, Vec<Failure>) {
        let mut lists = Lists::default();
        let mut failures = Vec::new();
        for (path, text) in files {
            match load(&path, &text) {
                Ok(list) => {
                    lists.lists.entry(list.name.clone()).or_insert(list);
                }
                Err(found) => failures.push((path, text, found)),
            }
        }
        (lists, failures)
    }

    /// The list of a name.
    pub fn get(&self, name: &str) -> Option<&List> {
        self.lists.get(name)
    }

    /// All lists, by name.
    pub fn iter(&self) -> impl Iterator<Item = &List> {
        self.lists.values()
    }

    fn named(&self, name: &str, span: Span) -> Result<&List, Diagnostic> {
        self.get(name).ok_or_else(|| self.unknown(name, span))
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let found =
            Diagnostic::error(codes::UNKNOWN_LIST, span, format!("there is no list `{name}`"));
        let names: Vec<&str> = self.lists.keys().map(String::as_str).collect();
        let near = names
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(|known| (*known).to_owned());
        match near.or_else(|| similar(name, names.iter().copied()).into_iter().next()) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help(format!("the lists are {}", listed(&names))),
        }
    }
}

impl List {
    /// The values of groups, each once; no group means the whole list, and of numbers and durations the value without one.
    fn select(&self, groups: &[String], span: Span) -> Result<Vec<Value>, Diagnostic> {
        for group in groups {
            self.check_group(Some(group), span)?;
        }
        let wanted = |entry: &&Entry| match &entry.group {
            _ if groups.is_empty() && !self.kind.is_scalar() => true,
            None => groups.is_empty(),
            Some(group) => groups.contains(group),
        };
        let mut values: Vec<Value> = Vec::new();
        for entry in self.entries.iter().filter(wanted) {
            if !values.contains(&entry.value) {
                values.push(entry.value.clone());
            }
        }
        Ok(values)
    }

    /// Refuses a group that the list does not have.
    fn check_group(&self, group: Option<&str>, span: Span) -> Result<(), Diagnostic> {
        if self.groups.contains(&group.map(str::to_owned)) {
            return Ok(());
        }
        let names: Vec<&str> = self.groups.iter().flatten().map(String::as_str).collect();
        let message = match group {
            Some(group) => format!("list `{}` has no group `{group}`", self.name),
            None => format!("every value of list `{}` has a group", self.name),
        };
        let found = Diagnostic::error(codes::UNKNOWN_GROUP, span, message);
        let near = group.and_then(|group| similar(group, names.iter().copied()).into_iter().next());
        Err(match near {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => found.help("the list has no groups: leave it out"),
            None => found.help(format!("its groups are {}", listed(&names))),
        })
    }
}
