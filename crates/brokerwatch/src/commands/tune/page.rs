//! Proposals as a page of Markdown: a table, then each with what it does and what it costs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use brokerwatch_rules::guide::code;

use super::{Outcome, Told};
use crate::commands::matrix::cost::Cost;
use crate::markdown::{row, safe};

/// Most hosts that are named; all are counted.
const HOSTS_SHOWN_MAX: usize = 5;

/// The page.
pub(super) fn page(outcome: &Outcome<'_>) -> String {
    let mut page = format!("# Exceptions for {}\n\n", safe(&outcome.rule.name));
    let count = outcome.told.len();
    match (outcome.alerts.count, count) {
        (0, _) => {
            page.push_str("The rule is silent on this telemetry: there is nothing to propose.\n");
        }
        (alerts, 0) => {
            let _ = writeln!(page, "{}, and nothing to propose.", counted(alerts, "alert"));
        }
        (alerts, _) => {
            let (alerts, together) = (counted(alerts, "alert"), outcome.together.alerts);
            let goes = if together == 1 { "goes" } else { "go" };
            let proposals = counted(count, "proposal");
            let _ = writeln!(page, "{alerts}; {together} {goes} with {proposals} together.\n");
            table(&mut page, &outcome.told);
        }
    }
    for (number, told) in outcome.told.iter().enumerate() {
        section(&mut page, number + 1, outcome, told);
    }
    if 0 < outcome.left_out {
        let _ = writeln!(
            page,
            "\n{} further proposals are left out by `--top` and `--min-alerts`.",
            outcome.left_out
        );
    }
    if !outcome.refusals.is_empty() {
        page.push_str("\n## Nothing is proposed for\n\n");
        for refusal in &outcome.refusals {
            let _ =
                writeln!(page, "- {}: {}", counted(refusal.alerts, "alert"), safe(&refusal.why));
        }
    }
    page
}

/// A number of things.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn table(page: &mut String, told: &[Told]) {
    let head = ["#", "exception", "alerts gone", "events", "rows lost", "warnings"];
    let _ = writeln!(page, "{}", row(&head.map(str::to_owned)));
    let _ = writeln!(page, "{}", row(&head.map(|_| "---".to_owned())));
    for (number, told) in told.iter().enumerate() {
        let lost = told
            .cost
            .as_ref()
            .map_or("not asked".to_owned(), |cost| cost.rule_misses.len().to_string());
        let cells = [
            (number + 1).to_string(),
            safe(&told.proposal.title()),
            told.effect.alerts.to_string(),
            told.effect.events.to_string(),
            lost,
            told.warnings.len().to_string(),
        ];
        let _ = writeln!(page, "{}", row(&cells));
    }
}

fn section(page: &mut String, number: usize, outcome: &Outcome<'_>, told: &Told) {
    let about = outcome.alerts.about(&told.proposal.sightings);
    let _ = writeln!(page, "\n## {number}. {}\n", safe(&told.proposal.title()));
    for entry in &told.proposal.entries {
        let _ = writeln!(page, "- {}", code(&safe(&entry.to_string())));
    }
    let hosts: Vec<&str> = about.hosts.iter().take(HOSTS_SHOWN_MAX).copied().collect();
    let more = if hosts.len() < about.hosts.len() { ", …" } else { "" };
    let all = counted(outcome.alerts.count, "alert");
    let _ = write!(page, "\nSilences {} of {all}", told.effect.alerts);
    let events = usize::try_from(told.effect.events).unwrap_or(usize::MAX);
    let _ = write!(page, " and {}", counted(events, "event"));
    let _ = writeln!(
        page,
        ". Seen on {} ({}{more}) from {} to {}.",
        counted(about.hosts.len(), "host"),
        safe(&hosts.join(", ")),
        safe(about.first),
        safe(about.last)
    );
    if told.effect.alerts < about.alerts {
        let other = counted(about.alerts - told.effect.alerts, "alert");
        let _ = writeln!(page, "{other} of its {} then come from other events.", about.alerts);
    }
    if !about.example.is_empty() {
        let _ = writeln!(page, "An example: {}.", code(&safe(about.example)));
    }
    if let Some(cost) = &told.cost {
        matrix(page, cost);
    }
    if !told.warnings.is_empty() {
        page.push('\n');
    }
    for warning in &told.warnings {
        let _ = writeln!(page, "- **Warning**: {}", safe(&warning.message));
    }
}

fn matrix(page: &mut String, cost: &Cost) {
    let listed = |rows: &BTreeSet<String>| rows.iter().cloned().collect::<Vec<_>>().join(", ");
    page.push('\n');
    if cost.rule_misses.is_empty() {
        page.push_str("It costs no row of the evasion matrix.\n");
    } else {
        let _ = writeln!(
            page,
            "- **Warning**: of the evasion matrix the rule then misses {}.",
            listed(&cost.rule_misses)
        );
        if cost.pack_misses.is_empty() {
            page.push_str("- Other rules of the pack still see all of them.\n");
        } else {
            let _ =
                writeln!(page, "- **Warning**: no other rule sees {}.", listed(&cost.pack_misses));
        }
    }
    if !cost.rule_rights.is_empty() {
        let _ = writeln!(
            page,
            "- Honest rows on which the rule is silent then: {}.",
            listed(&cost.rule_rights)
        );
    }
}
