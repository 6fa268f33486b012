//! Proposals as a file of exceptions in Elastic's TOML notation, new or added to one that is there.
//!
//! A file that is there is changed by putting items into its text, so that comments and everything else in it stay as they
//! are; what comes out is read once more before anybody gets it.

use std::fmt::Write as _;

use crate::Rule;
use crate::exceptions::{Entry, ExceptionList, Item, Test, ValueLists, load};

use super::{Asked, Proposal};

/// What a person says of exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Who answers for them.
    pub owner: Option<String>,
    /// Why the software is honest.
    pub reason: Option<String>,
    /// When they end, as `expire_time` has it.
    pub expires: Option<String>,
    /// The day of the file, `YYYY/MM/DD`.
    pub day: String,
}

/// What a file became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The whole file.
    pub text: String,
    /// How many items came.
    pub added: usize,
    /// How many were there already.
    pub known: usize,
}

/// The id of the list of a rule's proposals.
pub fn list_id(rule: &Rule) -> String {
    format!("tuned-{}", rule.id)
}

/// A file with these proposals.
pub fn document(rule: &Rule, proposals: &[&Proposal], words: &Words) -> String {
    let day = &words.day;
    let mut text = format!(
        "[metadata]\ncreation_date = \"{day}\"\nlist_name = {}\nrule_ids = [{}]\nrule_names = [{}]\nupdated_date = \"{day}\"\n",
        quoted(&list_name(rule)),
        quoted(&rule.id),
        quoted(&rule.name)
    );
    text.push_str(&container(rule));
    proposals.iter().for_each(|proposal| text.push_str(&item(rule, proposal, words)));
    text
}

/// A file that is there, with these proposals in it; those that it has already are not added. The error says why the file
/// cannot take them.
pub fn added(
    path: &str,
    text: &str,
    rule: &Rule,
    proposals: &[&Proposal],
    words: &Words,
    value_lists: ValueLists<'_>,
) -> Result<Added, String> {
    let contents = load(path, text, value_lists).map_err(|found| {
        let first = found.first().map(|one| one.message.as_str()).unwrap_or_default();
        format!("it is no file of exceptions that can be read: {first}")
    })?;
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        return Err("it is an export of Kibana; name a file that ends in .toml".to_owned());
    }
    let id = list_id(rule);
    let own = contents.lists.iter().find(|list| list.list_id == id);
    let applies = |list: &&ExceptionList| list.rule_ids.contains(&rule.id);
    let all = contents.lists.iter().filter(applies);
    let there: Vec<String> = all.flat_map(|list| &list.items).map(meaning_of).collect();
    let new: Vec<&&Proposal> =
        proposals.iter().filter(|proposal| !there.contains(&meaning(proposal))).collect();
    let known = proposals.len() - new.len();
    if new.is_empty() {
        return Ok(Added { text: text.to_owned(), added: 0, known });
    }
    let items: String = new.iter().map(|proposal| item(rule, proposal, words)).collect();
    let (at, piece) = match own {
        Some(list) if !list.rule_ids.contains(&rule.id) => {
            return Err(format!("its list `{id}` is not of the rule; name another file"));
        }
        Some(list) => (end_of(text, list.span.end as usize), items),
        None if contents.lists.is_empty() || !has_rule(&contents.lists, rule) => {
            return Err(
                "its `rule_ids` are of other rules, which would get these exceptions too; name another file"
                    .to_owned(),
            );
        }
        None => (text.len(), container(rule) + &items),
    };
    let before = if text[..at].ends_with('\n') { "" } else { "\n" };
    let whole = format!("{}{before}{}{}", &text[..at], piece, &text[at..]);
    let after = load(path, &whole, value_lists)
        .map_err(|found| format!("the items do not fit into it: {}", found[0].message))?;
    if lost(&contents.lists, &after.lists) {
        return Err("something in it would be lost; name another file".to_owned());
    }
    Ok(Added { text: whole, added: new.len(), known })
}

/// Whether lists of a file are of this rule and of no other.
fn has_rule(lists: &[ExceptionList], rule: &Rule) -> bool {
    let mut ids = lists.iter().flat_map(|list| &list.rule_ids).peekable();
    ids.peek().is_some() && ids.all(|id| *id == rule.id)
}

/// Whether an item that was there is no longer.
fn lost(before: &[ExceptionList], after: &[ExceptionList]) -> bool {
    before.iter().any(|list| {
        let same = after.iter().find(|other| {
            other.list_id == list.list_id && other.namespace_type == list.namespace_type
        });
        same.is_none_or(|other| {
            let count = list.items.len();
            other.items.len() < count
                || list
                    .items
                    .iter()
                    .zip(&other.items)
                    .any(|(one, two)| meaning_of(one) != meaning_of(two) || one.name != two.name)
        })
    })
}

/// The end of the list that a place is in: where the next one begins, or the file ends.
fn end_of(text: &str, place: usize) -> usize {
    let mut next = text[place..].match_indices("[[exceptions]]").map(|(at, _)| place + at);
    next.find(|at| text[..*at].ends_with('\n')).unwrap_or(text.len())
}

fn list_name(rule: &Rule) -> String {
    format!("Honest software of {}", rule.name)
}

fn container(rule: &Rule) -> String {
    format!(
        "\n[[exceptions]]\n[exceptions.container]\ndescription = {}\nlist_id = {}\nname = {}\nnamespace_type = \"single\"\n\
         tags = []\ntype = \"rule_default\"\n",
        quoted(&format!(
            "Events of honest software about which the rule `{}` is silent.",
            rule.name
        )),
        quoted(&list_id(rule)),
        quoted(&list_name(rule))
    )
}

fn item(rule: &Rule, proposal: &Proposal, words: &Words) -> String {
    let mut out = String::from("\n[[exceptions.items]]\n");
    let lacks = [
        (&words.owner, "owner: who answers for this software?"),
        (&words.reason, "reason: why is it honest?"),
        (&words.expires, "expires: until when? (expire_time = \"2027-01-31T00:00:00.000Z\")"),
    ];
    for (_, question) in lacks.iter().filter(|(said, _)| said.is_none()) {
        let _ = writeln!(out, "# {question}");
    }
    let said = [words.reason.as_deref(), words.owner.as_deref()];
    let description = match said {
        [Some(reason), Some(owner)] => format!("{reason} ({owner})"),
        [Some(reason), None] => reason.to_owned(),
        [None, owner] => {
            let owner = owner.map(|owner| format!(" ({owner})")).unwrap_or_default();
            format!("Proposed for {} alerts.{owner}", proposal.sightings.len())
        }
    };
    let _ = write!(
        out,
        "comments = []\ndescription = {}\nitem_id = \"tuned-{:016x}\"\nlist_id = {}\nname = {}\nnamespace_type = \"single\"\n\
         tags = []\ntype = \"simple\"\n",
        quoted(&description),
        digest(&meaning(proposal)),
        quoted(&list_id(rule)),
        quoted(&proposal.title())
    );
    if let Some(expires) = &words.expires {
        let _ = writeln!(out, "expire_time = {}", quoted(expires));
    }
    for asked in &proposal.entries {
        let value = match asked.values.as_slice() {
            [one] => quoted(one),
            many => {
                format!("[{}]", many.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", "))
            }
        };
        let _ = write!(
            out,
            "[[exceptions.items.entries]]\nfield = \"{}\"\noperator = \"included\"\ntype = \"{}\"\nvalue = {value}\n",
            asked.field,
            asked.kind()
        );
    }
    out
}

/// A text that is the same for what asks the same.
fn meaning(proposal: &Proposal) -> String {
    let entry = |asked: &Asked| {
        let mut values = asked.values.clone();
        values.sort();
        format!("{} {} {values:?}", asked.field, if asked.is_pattern { "like" } else { "is" })
    };
    sorted(proposal.entries.iter().map(entry).collect())
}

fn meaning_of(item: &Item) -> String {
    let entry = |entry: &Entry| {
        let (relation, mut values) = match &entry.test {
            Test::Match(value) => ("is", vec![value.value.clone()]),
            Test::MatchAny(values) => ("is", values.iter().map(|one| one.value.clone()).collect()),
            Test::Wildcard(value) => ("like", vec![value.value.clone()]),
            Test::Exists => ("exists", Vec::new()),
            Test::List { id, .. } => ("list", vec![id.clone()]),
            Test::Nested(_) => ("nested", vec![format!("{:?}", entry.test)]),
        };
        values.sort();
        let not = if entry.excluded { "not " } else { "" };
        format!("{not}{} {relation} {values:?}", entry.field)
    };
    sorted(item.entries.iter().map(entry).collect())
}

fn sorted(mut entries: Vec<String>) -> String {
    entries.sort();
    entries.join("\n")
}

/// FNV-1a, so that the same exception has the same id in every file.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A text as a basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
