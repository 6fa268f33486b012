//! Many rules over events: shared predicates, a candidate index, and alerts as ECS documents.
//!
//! The same events give the same alerts: no files, no clock, no threads, no randomness.

mod alert;
mod conditions;
pub mod correlate;
pub mod coverage;
mod epoch;
pub mod exceptions;
pub mod explain;
mod filters;
mod guard;
mod index;
mod indicators;
pub mod limits;
mod memo;
mod new_terms;
mod required;
mod row_suppression;
mod rule_set;
mod search;
mod steps;
mod stream;
mod threshold;
mod witness;

pub use alert::{Alert, alert, alerts_of, digest, digest_of, reasons_json, row_alert};
pub use conditions::{Conditions, Matcher};
pub use correlate::{Correlator, Finding, Hit, Member, Membership, Order, Signal, Tiebreaker};
pub use exceptions::{ExceptionFinding, Silencer};
pub use indicators::{IndicatorMatch, Indicators};
pub use new_terms::NewTerms;
pub use row_suppression::{Row, suppress};
pub use rule_set::{NotRun, Owner, Program, Refused, RuleSet};
pub use steps::Steps;
pub use stream::{Stream, StreamSnapshot};
pub use threshold::{Tally, Threshold};
