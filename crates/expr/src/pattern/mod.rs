//! Patterns over text: wildcards, regular expressions and address blocks.
//!
//! A pattern is compiled once, when the rule is, and then only tests values; it always speaks of the whole value.
//! Every fast matcher has a slow twin in [`naive`], and the tests hold the two against each other.

mod case;
pub mod cidr;
pub mod lucene;
pub mod naive;
#[cfg(test)]
mod strategies;
pub mod wildcard;

pub use case::Case;
pub use lucene::RegexError;
