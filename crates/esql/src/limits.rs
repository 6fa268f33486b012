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

/// Rows of a result without a `LIMIT`, where results are cut as in Elasticsearch.
pub const ROWS_DEFAULT: usize = 1_000;

/// Most rows of a result, where results are cut as in Elasticsearch.
pub const ROWS_MAX: usize = 10_000;

/// Most optional sections in each other in a pattern of dates; more are an error. Patterns may come from a column, and
/// reading them must not overflow the stack.
pub const DATE_PATTERN_DEPTH_MAX: usize = 32;

/// Most characters that a pattern of dates pads to (letters `p`); more are an error, because each row would be that long.
pub const DATE_PATTERN_PAD_MAX: usize = 256;

/// Most different values that `COUNT_DISTINCT` counts exactly where no precision is given: 128 KiB a group. From then on
/// it is an estimate, off by about 0.8 percent, in 16 KiB.
pub const DISTINCT_EXACT_MAX: u32 = 16_384;

/// Greatest precision of `COUNT_DISTINCT`; a greater one counts as this, as in Elasticsearch.
pub const DISTINCT_PRECISION_MAX: u32 = 40_000;

/// Most values of a group that `PERCENTILE`, `MEDIAN` and `MEDIAN_ABSOLUTE_DEVIATION` keep: 128 KiB. From then on they
/// are estimates from a t-digest.
pub const QUANTILE_EXACT_MAX: usize = 16_384;

/// Most centroids of a t-digest: 16 KB, with an error in rank of about a thousandth at most.
pub const DIGEST_CENTROIDS_MAX: usize = 1_000;

/// Longest regular expression that the patterns of one `GROK` come to, in bytes, with those of the bank written out; a
/// longer one is an error of the query.
pub const GROK_BYTES_MAX: usize = 64 << 10;

/// Most bytes of automata that one `GROK` is compiled to, shared evenly by the parts that need one each; a part that
/// needs more is an error of the query.
pub const GROK_AUTOMATA_BYTES_MAX: usize = 64 << 20;

/// What a part of a `GROK` may always take, in bytes, however many there are: enough for a class of Unicode or two.
pub const GROK_PART_BYTES_MIN: usize = 64 << 10;

/// Most instructions of the program that a `GROK` is compiled to; more is an error of the query.
pub const GROK_INSTRUCTIONS_MAX: usize = 64 << 10;

/// Most steps back that a `GROK` takes on one text, some tenths of a second; past it the text counts as one that does not
/// match, and a warning says so.
pub const GROK_BACKTRACKS_MAX: usize = 10_000_000;

/// Deepest nesting of character classes in a `GROK`; deeper text is an error of the query, so that none can overflow the
/// stack.
pub const GROK_CLASS_DEPTH_MAX: usize = 20;

/// Longest user agent that `USER_AGENT` takes apart, in bytes, as long as web servers take a header; a longer one is null
/// with a warning.
pub const USER_AGENT_BYTES_MAX: usize = 8 << 10;

/// Most values of a series that `CHANGE_POINT` looks at, as in Elasticsearch; later rows are left out, with a warning.
pub const CHANGE_POINT_VALUES_MAX: usize = 1_000;

/// Most words of a message that `CATEGORIZE` looks at, as in Elasticsearch; what stands behind them makes no difference.
pub const CATEGORY_WORDS_MAX: usize = 100;

/// Longest text that `CONCAT`, `REPEAT`, `REPLACE` and `SPACE` build, in bytes; a longer one is null with a warning, as
/// in Elasticsearch.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Most steps of a path of `JSON_EXTRACT`; a longer one is null with a warning, so that none can overflow the stack.
pub const JSON_PATH_STEPS_MAX: usize = 100;

/// Longest regular expression of `REPLACE`, in bytes; a longer one is null with a warning.
pub const REPLACE_PATTERN_BYTES_MAX: usize = 64 << 10;

/// Deepest nesting of groups and classes in a regular expression of `REPLACE`; deeper is null with a warning, so that
/// none can overflow the stack.
pub const REPLACE_DEPTH_MAX: usize = 50;

/// Most bytes of automaton for each part of a regular expression of `REPLACE` that needs no steps back; more is null
/// with a warning.
pub const REPLACE_PART_BYTES_MAX: usize = 4 << 20;

/// Most instructions of the program that a regular expression of `REPLACE` is compiled to; more is null with a warning.
pub const REPLACE_INSTRUCTIONS_MAX: usize = 64 << 10;

/// Most steps back that `REPLACE` takes for one match; more is null with a warning.
pub const REPLACE_BACKTRACKS_MAX: usize = 1_000_000;

/// Most computed regular expressions that one `REPLACE` keeps; past it, the one that was not wanted for longest is
/// compiled again when it comes back.
pub const REPLACE_PATTERNS_MAX: usize = 16;

/// Most bytes of text that one call makes of one batch of rows; more ends the query, because a query that repeats texts
/// could fill any memory.
pub const BATCH_TEXT_BYTES_MAX: usize = 1 << 30;

/// Most different values whose alternatives in one `OR` are joined; with more of them each alternative is tried alone,
/// which gives the same.
pub const DISJUNCTION_KEYS_MAX: usize = 256;

/// Most places that a shape is drawn with; more are a failure of the text. Two shapes are compared place by place.
pub const SHAPE_PLACES_MAX: usize = 4_096;

/// Most collections of shapes in each other; more are a failure of the text, so that reading cannot overflow the stack.
pub const SHAPE_DEPTH_MAX: usize = 8;
