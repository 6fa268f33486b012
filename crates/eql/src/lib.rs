//! EQL as Elasticsearch runs it: lexer, parser, formatter, and the lowering to typed expressions.
//!
//! This crate opens nothing, and evaluates nothing but pipes over the rows that a query gave.

pub mod ast;
pub mod codes;
mod format;
mod lexer;
pub mod limits;
pub mod lower;
mod parser;
pub mod pipes;
mod report;

pub use format::{format, format_expression};
pub use parser::{parse, parse_expression};
