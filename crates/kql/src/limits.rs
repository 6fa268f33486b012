//! The bounds of this crate, each with what happens when it is reached.
//!
//! The length of a query is bounded by [`brokerwatch_expr::limits::QUERY_BYTES_MAX`], the number of its errors by
//! [`brokerwatch_expr::limits::ERRORS_MAX`].

/// Deepest nesting of parentheses, `not` and braces; deeper text is an error with the place, and is not read on. Twice
/// what Elasticsearch takes by default (`indices.query.bool.max_nested_depth`). A level of text is at most three of the
/// lowered expression, so that this stays below [`brokerwatch_expr::limits::DEPTH_MAX`].
pub const DEPTH_MAX: usize = 60;

/// Most fields that one name with wildcards may stand for; more is an error that says how many there are.
pub const FIELDS_PER_PATTERN_MAX: usize = 1_024;

/// Most tests of one query that come from names with wildcards and from default fields, all counted together; more is an
/// error, since the text could be short and the expression still have no bound.
pub const SPREAD_TESTS_MAX: usize = 65_536;

/// Most names of one query that are held against the known ones, to find a slip; those past it are taken as they are.
pub const NAMES_CHECKED_MAX: usize = 1_000;

/// Longest line of formatted text, in characters, wherever there is a place to break it.
pub const LINE_CHARS_MAX: usize = 100;

/// Most digits of a number in date math, as in `now-5m`; more is an error.
pub const DATE_MATH_DIGITS_MAX: usize = 9;
