//! Many rules over events: shared predicates, a candidate index, and alerts as ECS documents.
//!
//! The same events give the same alerts: no files, no clock, no threads, no randomness.

mod alert;
mod conditions;
mod epoch;
mod guard;
mod index;
pub mod limits;
mod memo;
mod required;
mod rule_set;
mod witness;

pub use alert::{Alert, alert};
pub use conditions::{Conditions, Matcher};
pub use rule_set::{NotRun, Refused, RuleSet};
