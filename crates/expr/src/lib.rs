//! What EQL and ES|QL share: spans, diagnostics, the typed expression tree, the functions, the patterns, and
//! two evaluators of the same meaning.
//!
//! [`compile`] turns an expression into closures over slots and is what runs; [`interpret`] walks the tree, is
//! slow and obvious, and is what the tests hold the first against. This crate knows the syntax of neither language.

pub mod codes;
pub mod compile;
mod diagnostic;
mod display;
pub mod function;
pub mod functions;
pub mod interpret;
pub mod lift;
pub mod limits;
pub mod mutant;
pub mod pattern;
mod registry;
pub mod report;
mod scratch;
mod span;
mod tree;

pub use diagnostic::{Diagnostic, Severity, line_column};
pub use scratch::Scratch;
pub use span::Span;
pub use tree::{Arithmetic, Comparison, Expr, Kind, Literal};
