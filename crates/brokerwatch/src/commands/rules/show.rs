//! `rules show`: a rule in full, as it is published or as it runs here.

use std::io::{self, Write};

use brokerwatch_rules::lists::{Change, Done, Lists, Use, Value};
use brokerwatch_rules::{Rule, RuleKind};

/// Writes a rule.
pub(super) fn rule(out: &mut impl Write, rule: &Rule) -> io::Result<()> {
    let beside = beside_the_query(rule);
    writeln!(
        out,
        "{}\n{}\n\n{}\n\n{}\n{beside}",
        rule.name, rule.id, rule.description, rule.query_text
    )
}

/// Writes where the values of a rule come from, marker by marker.
pub(super) fn uses(out: &mut impl Write, uses: &[Use], lists: &Lists) -> io::Result<()> {
    if uses.is_empty() {
        return writeln!(out, "lists: none\n");
    }
    writeln!(out, "lists:")?;
    let mut told: Vec<&Use> = Vec::new();
    for used in uses {
        // The same marker twice has the same values.
        if told.iter().any(|before| before.list == used.list && before.groups == used.groups) {
            continue;
        }
        told.push(used);
        let updated = lists.get(&used.list).map_or("", |list| list.updated.as_str());
        writeln!(
            out,
            "  {} from {}, updated {updated}: {}",
            used.named(),
            used.path,
            summary(used)
        )?;
        for change in &used.changes {
            writeln!(out, "    {}", changed(change))?;
        }
    }
    writeln!(out)
}

fn summary(used: &Use) -> String {
    match used.values.as_slice() {
        [] => {
            let stands_in = used.written.first().map(Value::to_string).unwrap_or_default();
            format!("empty, so `{stands_in}` stands in, which no event has")
        }
        [one] => one.to_string(),
        many => format!("{} values", many.len()),
    }
}

fn changed(change: &Change) -> String {
    let sign = match change.done {
        Done::Added => '+',
        Done::Removed => '-',
    };
    let reason = change.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{sign} {} by {}{reason}", change.value, change.path)
}

/// What a rule asks beside its query, as lines.
fn beside_the_query(rule: &Rule) -> String {
    match &rule.kind {
        RuleKind::Threshold(threshold) => {
            let of = match threshold.fields.as_slice() {
                [] => String::new(),
                fields => format!(" with the same {}", fields.join(", ")),
            };
            let distinct = threshold.cardinality.iter();
            let distinct: Vec<String> = distinct
                .map(|each| format!("and {} different values of {}\n", each.value, each.field))
                .collect();
            format!(
                "at least {} events{of}\n{}from {}, every {}\n",
                threshold.value,
                distinct.concat(),
                rule.from.text,
                rule.interval.text
            )
        }
        RuleKind::NewTerms(terms) => format!(
            "values of {} that no event has had since {}\n",
            terms.fields.join(", "),
            terms.history_window.start.text
        ),
        RuleKind::ThreatMatch(threat) => {
            let alternatives = threat.mapping.iter().map(|pairs| {
                let pairs = pairs.iter().map(|pair| {
                    let is = if pair.negate { "!=" } else { "==" };
                    format!("{} {is} {}", pair.field, pair.value)
                });
                pairs.collect::<Vec<_>>().join(" and ")
            });
            let alternatives: Vec<String> = alternatives.collect();
            let of = threat.index.join(", ");
            format!("indicators of {of} with {}\n", alternatives.join(", or "))
        }
        RuleKind::Eql { .. }
        | RuleKind::Esql
        | RuleKind::Query { .. }
        | RuleKind::MachineLearning(_) => String::new(),
    }
}
