//! Many rules over events: shared predicates, and alerts as ECS documents.
//!
//! The same events give the same alerts: no files, no clock, no threads, no randomness.

mod alert;
mod conditions;
mod rule_set;

pub use alert::{Alert, alert};
pub use conditions::{Conditions, Matcher};
pub use rule_set::{NotRun, Refused, RuleSet};
