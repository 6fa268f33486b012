//! The bounds of this crate, each with what happens when it is reached.

/// Longest query text, in bytes; a longer one is refused before it is read.
pub const QUERY_BYTES_MAX: usize = 8 << 20;

/// Deepest nesting of an expression (parentheses, `not`, calls, arithmetic). Deeper text is an error with the
/// place, so that no tree can overflow the stack of a later pass.
pub const DEPTH_MAX: usize = 200;

/// Most choices of one value per field that one condition tries on one event. Past it the condition
/// takes what it found so far, and the event is counted in `Scratch::cut_choices`.
pub const CHOICES_MAX: usize = 1 << 16;

/// Most bytes of automaton that one regular expression may take; more is an error of the query.
pub const REGEX_BYTES_MAX: usize = 4 << 20;

/// Most states that a regular expression with `~` or `&` may need, as in Lucene
/// (`Operations.DEFAULT_DETERMINIZE_WORK_LIMIT`); more is an error of the query.
pub const REGEX_STATES_MAX: usize = 10_000;

/// Longest text that a function may build, in bytes; longer results are null and counted as a failure.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Longest regular expression, in bytes, a list counted together; a longer one is an error of the query.
pub const REGEX_PATTERN_BYTES_MAX: usize = 1 << 20;

/// Deepest nesting of parentheses in a regular expression. Deeper text is an error with the place, so that
/// no expression can overflow the stack of a later pass.
pub const REGEX_DEPTH_MAX: usize = 100;

/// Most quantifiers in a row, as in `a{2}{3}`, that do not come to one; more is an error, for the same reason.
pub const REGEX_QUANTIFIERS_MAX: usize = 4;

/// Most steps, in units of sub-expressions touched, that building an automaton with `~` or `&` may take; past it the
/// expression counts as one that needs too many states.
pub const REGEX_STEPS_MAX: usize = 4_000_000;

/// Most intervals `<n-m>` in a regular expression, a list counted together; more is an error of the query.
pub const REGEX_INTERVALS_MAX: usize = 1_000;

/// Most errors that one query reports. At the bound reading stops, and a last diagnostic says so.
pub const ERRORS_MAX: usize = 50;

/// Most characters of the query that a message repeats; a longer piece is cut and ends in `…`.
pub const EXCERPT_CHARS_MAX: usize = 60;
