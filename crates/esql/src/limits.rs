//! The bounds of this crate, each with what happens when it is reached.
//!
//! The length of a query and the depth of its expressions are bounded by [`brokerwatch_expr::limits`].

/// Longest line of formatted text, in characters, wherever there is a place to break it.
pub const LINE_CHARS_MAX: usize = 100;

/// Most commands of one query, of one subquery and of one branch, the source counted as well; more is an error, as in
/// Elasticsearch.
pub const COMMANDS_MAX: usize = 500;

/// Deepest nesting of subqueries and branches in each other. Deeper text is an error with the place, so that neither
/// this parser nor a later pass can overflow its stack.
pub const SUBQUERY_DEPTH_MAX: usize = 30;

/// Most branches of one `FORK`; more is an error, as in Elasticsearch.
pub const BRANCHES_MAX: usize = 8;

/// Most failures of one expression that are told, as in Elasticsearch; more are counted by nobody.
pub const FAILURES_MAX: usize = 20;
