//! Coverage as a page of Markdown.

use std::fmt::Write as _;

use brokerwatch_rules::coverage::{Coverage, Covered, STRATEGY};
use brokerwatch_rules::guide::code;

use super::names;
use crate::markdown::{row, safe};

/// How rules are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// Their number, and the names of the first few.
    Counts,
    /// All their names.
    Names,
}

/// How many rules are named where their number is what counts.
const NAMED_MAX: usize = 3;

/// The page.
pub(super) fn page(coverage: &Coverage<'_>, listed: Listed) -> String {
    let noun = if coverage.rules.len() == 1 { "rule" } else { "rules" };
    let mut page = format!("# Coverage of {} {noun}\n\n", coverage.rules.len());
    let techniques = coverage.by_technique().into_iter().map(|(technique, rules)| {
        vec![
            technique.id.clone(),
            technique.name.clone(),
            technique.tactic.clone(),
            rules.len().to_string(),
            list(&rules, listed),
        ]
    });
    section(
        &mut page,
        "Techniques of ATT&CK",
        &["id", "technique", "tactic", "rules", "names"],
        techniques,
    );
    let analytics = coverage.by_analytic().into_iter().map(|(analytic, rules)| {
        vec![
            analytic.id.to_owned(),
            analytic.platform.to_owned(),
            analytic.title.to_owned(),
            rules.len().to_string(),
            list(&rules, listed),
        ]
    });
    let title = format!("Analytics of {STRATEGY}");
    section(&mut page, &title, &["id", "platform", "looks for", "rules", "names"], analytics);
    let telemetry = coverage.by_telemetry().into_iter().map(|((kind, title), rules)| {
        vec![
            kind.name().to_owned(),
            title.to_owned(),
            rules.len().to_string(),
            list(&rules, listed),
        ]
    });
    section(&mut page, "Telemetry", &["told by", "telemetry", "rules", "names"], telemetry);
    let tests = coverage.rules.iter().map(|covered| {
        vec![
            code(&covered.rule.name),
            covered.rule.severity.name().to_owned(),
            covered.tests.to_string(),
        ]
    });
    section(&mut page, "Tests", &["rule", "severity", "tests"], tests);
    gaps(&mut page, coverage);
    safe(&page)
}

fn section(
    page: &mut String,
    title: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let rule = vec!["---".to_owned(); columns.len()];
    // Writing to a string cannot fail.
    let _ = writeln!(page, "## {title}\n\n{}\n{}", row(&columns), row(&rule));
    for cells in rows {
        let _ = writeln!(page, "{}", row(&cells));
    }
    page.push('\n');
}

fn list(rules: &[&Covered<'_>], listed: Listed) -> String {
    let names: Vec<String> = names(rules).iter().map(|name| code(name)).collect();
    match listed {
        Listed::Counts if NAMED_MAX < names.len() => {
            format!("{} and {} more", names[..NAMED_MAX].join(", "), names.len() - NAMED_MAX)
        }
        _ => names.join(", "),
    }
}

fn gaps(page: &mut String, coverage: &Coverage<'_>) {
    let gaps = coverage.gaps();
    let _ = writeln!(page, "## What is missing\n");
    if gaps.is_empty() {
        let _ = writeln!(
            page,
            "Nothing: every analytic has a rule, and every rule has a technique and tests."
        );
    }
    for gap in gaps {
        let _ = writeln!(page, "- {gap}");
    }
}
