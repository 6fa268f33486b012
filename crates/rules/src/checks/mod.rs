//! What Elastic's tests ask of a rule beyond what its loader refuses, one file per check.
//!
//! A check sees a rule that loads, and its file; it opens nothing and knows no other rules. The few that compare rules
//! with each other see all of them. A finding is an error where Elastic's loader or tests refuse the rule, or a cluster
//! would; else it is a warning.

use brokerwatch_expr::{Diagnostic, Severity};

use crate::Rule;
use crate::report::bounded;

mod attack;
pub mod codes;
mod esql_names;
mod esql_rows;
mod known_fields;
mod subject;

use subject::Subject;

pub use known_fields::INTEGRATIONS;

/// A check of one rule.
#[derive(Debug)]
pub struct Check {
    /// The name of its file.
    pub name: &'static str,
    /// What holds of a rule that passes.
    pub holds: &'static str,
    /// The codes that it gives.
    pub codes: &'static [&'static str],
    run: fn(&Subject<'_>, &mut Vec<Diagnostic>),
}

/// A check of rules among each other.
#[derive(Debug)]
pub struct SetCheck {
    /// The name of its file.
    pub name: &'static str,
    /// What holds of rules that pass.
    pub holds: &'static str,
    /// The codes that it gives.
    pub codes: &'static [&'static str],
    run: fn(&[Subject<'_>], &mut [Vec<Diagnostic>]),
}

/// Declares the file of each check and lists its constant.
macro_rules! checks {
    ($(#[$doc:meta])* static $all:ident: $ty:ty = [$($name:ident),* $(,)?];) => {
        $(mod $name;)*
        $(#[$doc])*
        pub static $all: &[&$ty] = &[$(&$name::CHECK),*];
    };
}

checks! {
    /// The checks of one rule.
    static ALL: Check = [
        author,
        building_block,
        dates,
        esql_columns,
        esql_keep,
        esql_metadata,
        esql_query,
        file_name,
        guide,
        guide_buttons,
        index,
        integration,
        kql_form,
        licence,
        look_back,
        maturity,
        max_signals,
        maxspan,
        min_stack,
        new_terms,
        query_fields,
        rule_fields,
        setup,
        suppression,
        tag_building_block,
        tag_form,
        tag_guide,
        tag_machine_learning,
        tag_prefix,
        tag_source,
        tag_system,
        tag_tactic,
        threat_names,
        threat_once,
        threat_retired,
        threat_tactic,
        threat_match,
        threshold,
        timeline,
        timestamp_override,
    ];
}

checks! {
    /// The checks of rules among each other.
    static SETS: SetCheck = [same_file_name, same_name];
}

/// Warnings of the loader for which Elastic's loader or tests refuse the rule.
const REFUSED: &[&str] =
    &[crate::codes::RISK_SEVERITY, crate::codes::THREAT, crate::codes::BUILD_TIME];

/// What is to be said of each rule, in the order of its file: the warnings of the loader, and what the checks find.
pub fn check(rules: &[Rule]) -> Vec<Vec<Diagnostic>> {
    let subjects: Vec<Subject<'_>> = rules.iter().map(Subject::new).collect();
    let mut found: Vec<Vec<Diagnostic>> = subjects.iter().map(check_one).collect();
    for set in SETS {
        (set.run)(&subjects, &mut found);
    }
    found.into_iter().map(bounded).collect()
}

fn check_one(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = subject.rule.warnings.clone();
    for warning in found.iter_mut().filter(|warning| REFUSED.contains(&warning.code)) {
        warning.severity = Severity::Error;
    }
    for check in ALL {
        (check.run)(subject, &mut found);
    }
    found
}
