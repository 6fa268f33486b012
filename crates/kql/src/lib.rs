//! The two query languages beside EQL that detection rules are written in: Kibana Query Language (`language = "kuery"`)
//! and Lucene's query strings (`language = "lucene"`).
//!
//! Both are read into one tree, [`ast::Query`], and [`lower()`] makes of it a typed expression that means the same under
//! the leaf semantics of [`brokerwatch_expr::lift::eql`]: any value of a list makes a test true, a missing field makes it
//! false, and what stands above the tests is two-valued. This crate opens nothing, evaluates nothing and asks no clock:
//! what `now` is, the caller says.

pub mod ast;
pub mod codes;
mod format;
mod kql;
pub mod limits;
pub mod lower;
mod lucene;
pub mod mutate;
mod reading;
mod term;

pub use format::format;
pub use kql::parse as parse_kql;
pub use lower::{Lowered, Options, lower};
pub use lucene::parse as parse_lucene;
