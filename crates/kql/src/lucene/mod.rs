//! Reads Lucene's query strings, as Elasticsearch's `query_string` takes them.
//!
//! `AND`, `OR` and `NOT` are no operators of a grammar with precedence: each clause must hold, must not hold, or should
//! hold, and the words mark the clauses beside them (Lucene, `QueryParserBase.addClause`). `a OR b AND c` is `a +b +c`,
//! in which `a` decides nothing. That is kept, and [`lower`](crate::lower()) warns of it. Boosts are read and dropped, since
//! they change the score alone; matching by likeness is refused.

pub(crate) mod lexer;
mod parser;

pub use parser::parse;
