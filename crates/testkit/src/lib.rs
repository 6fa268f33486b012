//! Helpers for tests: corpora that lie beside the repository, golden files, and specifications that run.
//!
//! For `[dev-dependencies]` only; `cargo xtask tidy` refuses it elsewhere. Unlike the crates that it tests, it opens
//! files and panics: a panic is how a test fails.

pub mod csv_spec;
pub mod eql_corpus;
mod files;
mod golden;
pub mod mmdb;
mod shared;
pub mod spec;

pub use golden::{golden, golden_bytes};
pub use shared::shared;

/// The variable that makes golden files and specifications take what the code says now.
pub const UPDATE: &str = "BROKERWATCH_UPDATE";

/// Whether the expected results are to be rewritten instead of compared.
///
/// Never where `CI` is set: a run that accepts every answer proves nothing.
fn updating() -> bool {
    std::env::var_os(UPDATE).is_some_and(|value| value == "1") && !in_ci()
}

/// Whether this is an unattended run, where a test that cannot run must fail.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
