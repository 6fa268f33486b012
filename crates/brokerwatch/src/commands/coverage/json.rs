//! Coverage as one JSON document, whose shape docs/coverage.md says.

use brokerwatch_rules::coverage::{ANALYTICS, Coverage, STRATEGY};
use serde_json::{Value, json};

use super::names;

/// The version of the shape; it grows when a key changes its meaning or goes.
const VERSION: u32 = 1;

/// The document.
pub(super) fn document(coverage: &Coverage<'_>) -> Value {
    let techniques = coverage.by_technique().into_iter().map(|(technique, rules)| {
        json!({
            "id": technique.id, "name": technique.name, "tactic": technique.tactic, "rules": names(&rules),
        })
    });
    let analytics = coverage.by_analytic().into_iter().map(|(analytic, rules)| {
        json!({ "id": analytic.id, "platform": analytic.platform, "rules": names(&rules) })
    });
    let telemetry = coverage.by_telemetry().into_iter().map(|((kind, title), rules)| {
        json!({ "told_by": kind.name(), "telemetry": title, "rules": names(&rules) })
    });
    let rules = coverage.rules.iter().map(|covered| {
        let analytics = covered.analytics.iter().map(|(number, reasons)| {
            json!({ "id": ANALYTICS[*number].id, "reasons": reasons })
        });
        let telemetry = covered.telemetry.iter().map(|((kind, title), reason)| {
            json!({ "told_by": kind.name(), "telemetry": title, "reason": reason })
        });
        json!({
            "id": covered.rule.id,
            "name": covered.rule.name,
            "path": covered.rule.path,
            "severity": covered.rule.severity.name(),
            "techniques": covered.techniques.iter().map(|technique| &technique.id).collect::<Vec<_>>(),
            "analytics": analytics.collect::<Vec<_>>(),
            "telemetry": telemetry.collect::<Vec<_>>(),
            "tests": covered.tests,
        })
    });
    json!({
        "version": VERSION,
        "strategy": STRATEGY,
        "techniques": techniques.collect::<Vec<_>>(),
        "analytics": analytics.collect::<Vec<_>>(),
        "telemetry": telemetry.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "missing": coverage.gaps(),
    })
}
