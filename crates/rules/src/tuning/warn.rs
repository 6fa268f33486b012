//! What speaks against a proposal, as far as lists and its own form tell.

use brokerwatch_expr::pattern::Case;
use brokerwatch_expr::pattern::wildcard::Wildcard;

use super::{Asked, Proposal};
use crate::lists::{Lists, Value};

/// Something that speaks against a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A word for machines.
    pub kind: &'static str,
    /// What it is.
    pub message: String,
}

/// What speaks against a proposal.
pub fn warnings(proposal: &Proposal, lists: &Lists) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut add = |kind, message| found.push(Warning { kind, message });
    if !proposal.knows_program() {
        let message = "no program is known: whatever runs on this host is silenced".to_owned();
        add("no_program", message);
    }
    if let Some(path) = proposal.asked("process.executable") {
        let shown = plain(path);
        if is_writable(&shown, lists) {
            let message = format!(
                "users write to the folder of `{shown}`, so anybody can put a program there"
            );
            add("user_writable", message);
        }
        let name = shown.rsplit(['/', '\\']).next().unwrap_or_default();
        if let Some((_, note)) = listed(lists, "UnusualProcessList", None, name) {
            let message = format!(
                "`{name}` is in UnusualProcessList ({note}): whatever it runs is silenced, not one program"
            );
            add("unusual_process", message);
        }
    }
    for field in ["destination.domain", "dns.question.name"] {
        let Some(asked) = proposal.asked(field) else { continue };
        for (group, kind, why) in [
            ("public", "public_broker", "a broker that anybody can use"),
            ("hosted", "hosted_broker", "a service that rents brokers to anybody"),
        ] {
            if let Some(name) = reached(asked, lists, group) {
                let message = format!("`{name}` is {why} (BrokerReputationList)");
                add(kind, message);
            }
        }
    }
    for differs in &proposal.varies {
        let message = format!(
            "any {} is taken in {} ({} seen: {}{})",
            differs.what,
            differs.field,
            differs.count,
            differs.examples.join(", "),
            if differs.examples.len() < differs.count { ", …" } else { "" }
        );
        add("wildcard", message);
    }
    found
}

/// Folders of users, where programs belong to whoever is logged in.
const HOMES: &[&str] = &["/home/*", "/Users/*", "?:\\Users\\*", "/root/*"];

fn is_writable(path: &str, lists: &Lists) -> bool {
    let is_like = |pattern: &str| Wildcard::new(pattern, Case::Ascii).is_match(path);
    HOMES.iter().any(|pattern| is_like(pattern))
        || listed(lists, "WritablePaths", None, path).is_some()
}

/// A value as a person wrote it: without the escapes of a pattern.
fn plain(asked: &Asked) -> String {
    let value = asked.values.first().map(String::as_str).unwrap_or_default();
    if !asked.is_pattern {
        return value.to_owned();
    }
    let mut out = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        out.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
    }
    out
}

/// The entry of a list that a text is like, with its note.
fn listed(lists: &Lists, name: &str, group: Option<&str>, text: &str) -> Option<(String, String)> {
    let entries = lists.get(name)?.entries.iter();
    entries
        .filter(|entry| group.is_none() || entry.group.as_deref() == group)
        .filter_map(|entry| match &entry.value {
            Value::Text(own) => Some((own.clone(), entry.note.clone())),
            Value::Integer(_) | Value::Float(_) => None,
        })
        .find(|(own, _)| Wildcard::new(own, Case::Ascii).is_match(text))
}

/// A broker of a group that a proposal lets through.
fn reached(asked: &Asked, lists: &Lists, group: &str) -> Option<String> {
    if !asked.is_pattern {
        return asked
            .values
            .iter()
            .find(|name| listed(lists, "BrokerReputationList", Some(group), name).is_some())
            .cloned();
    }
    let pattern = Wildcard::new(&plain(asked), Case::Ascii);
    let entries = &lists.get("BrokerReputationList")?.entries;
    let own = entries.iter().filter(|entry| entry.group.as_deref() == Some(group));
    own.map(|entry| entry.value.to_string()).find(|name| pattern.is_match(name))
}
