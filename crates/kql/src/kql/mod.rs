//! Reads Kibana Query Language.
//!
//! The grammar is Kibana's: `or` binds looser than `and`, `and` looser than `not`, and the three are words in any case.
//! Unquoted words that stand beside each other are one value. Where Kibana takes something that is most likely a slip, such
//! as a name with blanks or an operator that is the value's first or last word, it is refused with the way to write what
//! is meant.

pub(crate) mod lexer;
mod parser;

pub use parser::parse;
