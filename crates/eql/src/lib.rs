//! EQL as Elasticsearch runs it: lexer, parser, formatter, and the lowering to typed expressions.
//!
//! This crate reads queries; it evaluates nothing and opens nothing.

pub mod ast;
pub mod codes;
mod format;
mod lexer;
pub mod limits;
pub mod lower;
mod parser;
mod report;

pub use format::{format, format_expression};
pub use parser::{parse, parse_expression};
