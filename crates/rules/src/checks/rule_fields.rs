//! The fields that a rule names beside its query.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes, esql_names, known_fields};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "rule_fields",
    holds: "ECS or an integration has every field that the rule groups, counts, compares or shows",
    codes: &[codes::UNKNOWN_FIELD],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let computed: Vec<String> = subject
        .esql()
        .map(|statement| esql_names::made(&statement.query.commands))
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    for (name, path) in named(subject) {
        // An alert of an ES|QL rule has the columns that the query makes.
        let is_of = |own: &String| name.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if computed.iter().any(is_of) || name.contains('*') {
            continue;
        }
        found.extend(known_fields::finding(subject, &name, subject.span(&path)));
    }
}

/// Each field with the path of its key.
fn named(subject: &Subject<'_>) -> Vec<(String, String)> {
    let rule = subject.rule;
    let mut named = Vec::new();
    let mut list = |names: &[String], path: &str| {
        let each = names.iter().enumerate();
        named.extend(each.map(|(i, name)| (name.clone(), format!("rule.{path}.{i}"))));
    };
    list(&rule.investigation_fields, "investigation_fields.field_names");
    match &rule.kind {
        RuleKind::Threshold(threshold) => {
            list(&threshold.fields, "threshold.field");
            let each = threshold.cardinality.iter().enumerate();
            named.extend(each.map(|(i, part)| {
                (part.field.clone(), format!("rule.threshold.cardinality.{i}.field"))
            }));
        }
        RuleKind::NewTerms(terms) => list(&terms.fields, "new_terms.value"),
        RuleKind::ThreatMatch(threat) => {
            for (i, entries) in threat.mapping.iter().enumerate() {
                named.extend(entries.iter().enumerate().map(|(j, entry)| {
                    (entry.field.clone(), format!("rule.threat_mapping.{i}.entries.{j}.field"))
                }));
            }
        }
        RuleKind::Eql { .. }
        | RuleKind::Esql
        | RuleKind::Query { .. }
        | RuleKind::MachineLearning(_) => {}
    }
    named
}
