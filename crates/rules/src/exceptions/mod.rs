//! Exceptions: events about which a rule is to be silent, in the notations that Elastic has for them.
//!
//! A file is either TOML as Elastic's detection-rules keeps it, or a line-wise export of Kibana, which holds lists and
//! items among rules. As with rules, [`load`] is handed a path and a text, opens nothing and decides nothing about
//! events: what an item means for an event is compiled above.

mod file;
mod json;
#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    clippy::needless_raw_string_hashes,
    reason = "expectations are written so by expect-test"
)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use brokerwatch_ecs::Timestamp;
use brokerwatch_expr::{Diagnostic, Span};

use crate::{Failure, Rule, codes};

pub use file::load;

/// The values of `type` of a list.
pub(crate) const LIST_TYPES: &[&str] = &[
    "detection",
    "rule_default",
    "endpoint",
    "endpoint_trusted_apps",
    "endpoint_trusted_devices",
    "endpoint_events",
    "endpoint_host_isolation_exceptions",
    "endpoint_blocklists",
];

/// The values of `namespace_type`.
pub(crate) const NAMESPACES: &[&str] = &["single", "agnostic"];

/// Gives the text of the value list of a name that lies beside the file with a path; `None` if there is none.
pub type ValueLists<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// A file, as later findings in it need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it came from, as the caller named it.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// One list of exceptions.
#[derive(Debug, Clone)]
pub struct ExceptionList {
    /// The file that holds it.
    pub source: Arc<Source>,
    /// Where its `list_id` stands.
    pub span: Span,
    /// `list_id`
    pub list_id: String,
    /// `namespace_type`: `single` or `agnostic`.
    pub namespace_type: String,
    /// `type`, such as `detection` or `rule_default`.
    pub list_type: String,
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `tags`
    pub tags: Vec<String>,
    /// The ids of rules that have this list whatever their own file says: the `rule_ids` of a `rule_default` list in
    /// TOML, and the rules of an export that name the list.
    pub rule_ids: Vec<String>,
    /// The items, of which any one that holds silences the rule.
    pub items: Vec<Item>,
}

/// One item of a list: entries that hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where it stands: its name.
    pub span: Span,
    /// `item_id`
    pub item_id: Option<String>,
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `tags`
    pub tags: Vec<String>,
    /// The texts of `comments`.
    pub comments: Vec<String>,
    /// `os_types`; empty for every system.
    pub os_types: Vec<String>,
    /// `expire_time`: the item holds before this moment only.
    pub expires: Option<Timestamp>,
    /// All of which have to hold.
    pub entries: Vec<Entry>,
}

/// One entry of an item: a test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the field's name stands.
    pub span: Span,
    /// The field. Inside a nested entry it is named from there.
    pub field: String,
    /// Whether the test is turned round (`operator = "excluded"`).
    pub excluded: bool,
    /// What is tested.
    pub test: Test,
}

/// What an entry asks of its field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `match`: a value is this one.
    Match(Written),
    /// `match_any`: a value is one of these.
    MatchAny(Vec<Written>),
    /// `wildcard`: a value has this form.
    Wildcard(Written),
    /// `exists`: there is a value.
    Exists,
    /// `list`: a value is in a value list.
    List {
        /// Where the entry names the list.
        span: Span,
        /// `list.id`
        id: String,
        /// The lines of the list.
        values: Vec<String>,
    },
    /// `nested`: these hold of the fields below this one.
    Nested(Vec<Entry>),
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The value.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// What one file holds.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Its lists.
    pub lists: Vec<ExceptionList>,
    /// What is odd about the file without stopping it from loading.
    pub warnings: Vec<Diagnostic>,
    /// Rules and connectors of an export, which are not read from there.
    pub passed_over: u64,
}

/// What came of many files.
#[derive(Debug, Default)]
pub struct LoadedExceptions {
    /// The lists, in the order of the files.
    pub lists: Vec<ExceptionList>,
    /// The files that did not load, in the same order.
    pub failures: Vec<Failure>,
    /// The files that did load and are odd, with their warnings.
    pub warned: Vec<Failure>,
    /// Rules and connectors of exports, which are not read from there.
    pub passed_over: u64,
}

/// Reads many files, each a path and a text; one bad file never stops the others.
///
/// A list may be given once: a second file with it is a failure.
pub fn load_all(
    files: impl Iterator<Item = (String, String)>,
    value_lists: ValueLists<'_>,
) -> LoadedExceptions {
    let mut loaded = LoadedExceptions::default();
    let mut paths: HashMap<(String, String), String> = HashMap::new();
    for (path, text) in files {
        let contents = match load(&path, &text, value_lists) {
            Ok(contents) => contents,
            Err(found) => {
                loaded.failures.push((path, text, found));
                continue;
            }
        };
        let taken: Vec<Diagnostic> = contents
            .lists
            .iter()
            .filter_map(|list| paths.get(&list.key()).map(|first| given_before(list, first)))
            .collect();
        if !taken.is_empty() {
            loaded.failures.push((path, text, taken));
            continue;
        }
        paths.extend(contents.lists.iter().map(|list| (list.key(), path.clone())));
        loaded.lists.extend(contents.lists);
        loaded.passed_over += contents.passed_over;
        if !contents.warnings.is_empty() {
            loaded.warned.push((path, text, contents.warnings));
        }
    }
    loaded
}

fn given_before(list: &ExceptionList, first: &str) -> Diagnostic {
    let message = format!("list `{}` is already given by `{first}`", list.list_id);
    Diagnostic::error(codes::EXCEPTION_TWICE, list.span, message).help("give one of the two files")
}

impl ExceptionList {
    /// What tells it from other lists.
    fn key(&self) -> (String, String) {
        (self.namespace_type.clone(), self.list_id.clone())
    }

    /// Whether the list applies to a rule: the rule names it, or it names the rule.
    pub fn applies_to(&self, rule: &Rule) -> bool {
        let named = rule.exceptions.iter().any(|reference| {
            reference.list_id == self.list_id && reference.namespace_type == self.namespace_type
        });
        named || self.rule_ids.contains(&rule.id)
    }
}
