//! ES|QL as Elasticsearch writes it: lexer, parser, formatter, and a plan that Apache DataFusion runs.
//!
//! Each command has a file of its own in [`commands`], each function in [`functions`], each aggregate in
//! [`aggregates`].

pub mod aggregates;
pub mod ast;
pub mod block;
mod call;
pub mod catalog;
mod change_point;
pub mod codes;
pub mod commands;
pub mod dry;
pub mod engine;
mod format;
pub mod functions;
mod layout;
mod lexer;
pub mod limits;
pub mod locations;
pub mod mutate;
mod parser;
pub mod patterns;
pub mod planner;
pub mod probe;
pub mod repeats;
pub mod types;
pub mod value;
pub mod warnings;

pub use call::texts_needed;
pub use format::{format, format_expression};
pub use parser::{parse, parse_expression};
