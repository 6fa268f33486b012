//! What a set of rules covers: techniques of ATT&CK, analytics of its detection strategy for publish/subscribe command
//! and control, sources of telemetry, and tests.
//!
//! All of it is derived from the rules as they are written. Nothing is claimed that the rule does not say: each finding
//! comes with its reason, so that a wrong one can be traced.

mod analytics;
mod layer;
mod telemetry;

use std::collections::BTreeMap;

use crate::Rule;

pub use analytics::{ANALYTICS, Analytic, STRATEGY};
pub use layer::layer;
pub use telemetry::Kind;

/// What rules cover.
#[derive(Debug)]
pub struct Coverage<'r> {
    /// The rules, by their names.
    pub rules: Vec<Covered<'r>>,
}

/// What one rule covers.
#[derive(Debug)]
pub struct Covered<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// Its techniques and sub-techniques.
    pub techniques: Vec<Covers>,
    /// The analytics that it implements, by their place in [`ANALYTICS`], each with the reasons.
    pub analytics: BTreeMap<usize, Vec<String>>,
    /// The telemetry that it reads, each with the reason.
    pub telemetry: BTreeMap<(Kind, &'static str), String>,
    /// How many tests lie beside it.
    pub tests: usize,
}

/// A technique of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covers {
    /// Such as `T1071.005`.
    pub id: String,
    /// Such as `Publish/Subscribe Protocols`.
    pub name: String,
    /// The name of the tactic that it serves.
    pub tactic: String,
    /// Whether the rule names a sub-technique of it too, which says more exactly what is covered.
    pub is_parent: bool,
}

impl<'r> Coverage<'r> {
    /// What these rules cover; `tests` gives the number of tests beside a rule.
    pub fn of(rules: &'r [Rule], tests: &dyn Fn(&Rule) -> usize) -> Coverage<'r> {
        let mut rules: Vec<Covered<'r>> = rules
            .iter()
            .map(|rule| Covered {
                rule,
                techniques: techniques(rule),
                analytics: analytics::of(rule),
                telemetry: telemetry::of(rule),
                tests: tests(rule),
            })
            .collect();
        rules.sort_by(|a, b| (&a.rule.name, &a.rule.id).cmp(&(&b.rule.name, &b.rule.id)));
        Coverage { rules }
    }

    /// The rules of each technique. A rule counts for a technique and for its sub-technique.
    pub fn by_technique(&self) -> BTreeMap<&Covers, Vec<&Covered<'r>>> {
        let mut found: BTreeMap<&Covers, Vec<&Covered<'r>>> = BTreeMap::new();
        let mut kept: BTreeMap<(&str, &str), &Covers> = BTreeMap::new();
        for covered in &self.rules {
            for technique in &covered.techniques {
                // The same technique may be a parent in one rule and all that is said in another.
                let key = *kept.entry((&technique.id, &technique.tactic)).or_insert(technique);
                found.entry(key).or_default().push(covered);
            }
        }
        found
    }

    /// The rules of each analytic, in the order of [`ANALYTICS`].
    pub fn by_analytic(&self) -> Vec<(&'static Analytic, Vec<&Covered<'r>>)> {
        let having = |number: usize| {
            self.rules.iter().filter(move |rule| rule.analytics.contains_key(&number)).collect()
        };
        ANALYTICS.iter().enumerate().map(|(number, each)| (each, having(number))).collect()
    }

    /// The rules of each kind of telemetry.
    pub fn by_telemetry(&self) -> BTreeMap<(Kind, &'static str), Vec<&Covered<'r>>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for covered in &self.rules {
            for key in covered.telemetry.keys() {
                found.entry(*key).or_default().push(covered);
            }
        }
        found
    }

    /// What is missing, a sentence each.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for (analytic, rules) in self.by_analytic() {
            if rules.is_empty() {
                gaps.push(format!("no rule for {} ({})", analytic.id, analytic.platform));
            }
        }
        for covered in &self.rules {
            let name = &covered.rule.name;
            if covered.techniques.is_empty() {
                gaps.push(format!("rule `{name}` names no technique of ATT&CK"));
            }
            if covered.analytics.is_empty() {
                gaps.push(format!("rule `{name}` belongs to no analytic of {STRATEGY}"));
            }
            if covered.telemetry.is_empty() {
                gaps.push(format!("rule `{name}` does not tell what telemetry it reads"));
            }
            if covered.tests == 0 {
                gaps.push(format!("rule `{name}` has no tests beside it"));
            }
        }
        gaps
    }
}

fn techniques(rule: &Rule) -> Vec<Covers> {
    let mut found = Vec::new();
    for threat in rule.threat.iter().filter(|threat| threat.framework == "MITRE ATT&CK") {
        let mut add = |id: &str, name: &str, is_parent| {
            found.push(Covers {
                id: id.to_owned(),
                name: name.to_owned(),
                tactic: threat.tactic.name.clone(),
                is_parent,
            });
        };
        for technique in &threat.techniques {
            add(&technique.id, &technique.name, !technique.subtechniques.is_empty());
            for sub in &technique.subtechniques {
                add(&sub.id, &sub.name, false);
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| (&a.id, &a.tactic) == (&b.id, &b.tactic));
    found
}

/// The names of fields and of other dotted things in a query, without what stands in quotes or comments.
fn names(query: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    for c in bare(query, false).chars().chain([' ']) {
        // A `-` or `*` makes it the name of an index.
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-' | '*') {
            name.push(c);
        } else if !name.is_empty() {
            let whole = std::mem::take(&mut name);
            if whole.contains('.') && whole.starts_with(|c: char| c.is_ascii_alphabetic()) {
                names.push(whole);
            }
        }
    }
    names
}

/// A query with blanks in place of comments, and of texts if they are not kept.
fn bare(query: &str, keeps_texts: bool) -> String {
    let mut bare = String::new();
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        let skipped = if let Some(inside) = rest.strip_prefix("\"\"\"") {
            inside.find("\"\"\"").map_or(rest.len(), |at| at + 6)
        } else if c == '"' {
            text_end(rest)
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else {
            bare.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let is_text = c == '"';
        bare.push_str(if is_text && keeps_texts { &rest[..skipped] } else { " " });
        rest = &rest[skipped..];
    }
    bare
}

/// Where a text in quotes ends, the quotes included.
fn text_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The patterns of indices that a rule searches: its `index`, or what its query in ES|QL names behind `FROM`.
fn indices(rule: &Rule) -> Vec<String> {
    if !rule.index.is_empty() {
        return rule.index.clone();
    }
    let text = bare(&rule.query_text, false);
    let mut words = text.trim_start().splitn(2, char::is_whitespace);
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
        return Vec::new();
    }
    let rest = words.next().unwrap_or_default();
    let list = rest.split('|').next().unwrap_or_default();
    let list = match list.to_ascii_lowercase().find("metadata") {
        Some(at) => &list[..at],
        None => list,
    };
    list.split(',').map(str::trim).filter(|index| !index.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
