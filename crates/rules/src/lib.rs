//! A rule as data: Elastic's rule files, unchanged, and everything that is wrong with one in a single go.
//!
//! [`load`] is handed a path and a text; it opens nothing and evaluates nothing, and a loaded [`Rule`] is inert.
//! The format is the TOML of Elastic's detection-rules, so that its published rules load as they are and ours load there.
//! All of its rule types are read; which of them run is decided above.

pub mod checks;
pub mod codes;
pub mod coverage;
pub mod exceptions;
mod fields;
mod formats;
pub mod guide;
pub mod limits;
pub mod lists;
mod load;
pub mod matrix;
pub mod mutate;
pub mod pack;
mod query;
mod report;
mod rule;
pub mod rule_tests;
mod threat;
pub mod tuning;

pub use load::{Failure, Loaded, is_other, load, load_all};
pub use rule::{
    Cardinality, Data, Exceptions, HistoryWindow, InvestigateButton, Language, MachineLearning,
    MappingEntry, Maturity, Metadata, MissingFields, NewTerms, OsqueryButton, Override, Period,
    Provider, Rule, RuleKind, Severity, Subtechnique, Suppression, Tactic, Technique, Threat,
    ThreatMatch, Threshold, Transforms,
};
