//! ES|QL as Elasticsearch writes it: lexer, parser, syntax tree and formatter.
//!
//! This crate settles what a query says, not what it means: it knows no index, no column, no function and no type, and
//! it runs nothing. Each command has a file of its own in [`commands`].

pub mod ast;
pub mod codes;
pub mod commands;
mod format;
mod layout;
mod lexer;
pub mod limits;
mod parser;

pub use format::{format, format_expression};
pub use parser::{parse, parse_expression};
