//! EQL as Elasticsearch runs it: lexer, parser, formatter, the lowering to typed expressions, and the machines that put
//! the events of sequences and samples together.
//!
//! This crate opens nothing, and evaluates no condition but those of pipes: whoever has events says which brackets they
//! meet.

pub mod ast;
pub mod codes;
mod format;
pub mod keys;
mod lexer;
pub mod limits;
pub mod lower;
pub mod mutate;
mod parser;
pub mod pipes;
pub mod sample;
pub mod sequence;
mod three_valued;

pub use format::{format, format_expression};
pub use parser::{parse, parse_expression};
pub use three_valued::three_valued;
