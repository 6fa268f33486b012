//! The bounds of this crate, each with what happens when it is reached.

/// Shortest text, in bytes, that the index looks for inside values. Shorter ones are in nearly every value, so they
/// narrow nothing down; a condition that has nothing else to look for is tried on every event of its category.
pub const PART_BYTES_MIN: usize = 3;

/// Longest text, in bytes, that the index looks for inside values; of a longer one its beginning. Tables over texts that
/// repeat themselves take time in the square of this to build.
pub const PART_BYTES_MAX: usize = 64;

/// Most categories that one condition is indexed under. One that names more is tried as if it named none.
pub const CATEGORIES_MAX: usize = 8;

/// Most bytes of texts that the automata of an index are built over as tables of all transitions, which are the fastest
/// to search and take about 256 bytes for each byte of text. Past it they are compact ones.
pub const TABLE_TEXT_BYTES_MAX: usize = 64 << 10;

/// Most fields whose values are remembered. The values of further fields are searched every time.
pub const MEMOS_MAX: usize = 64;

/// Values that one field remembers the candidates of, for each worker. A value that falls on the place
/// of another one takes it.
pub const MEMO_VALUES: usize = 1 << 10;

/// Longest value, in bytes, that is remembered. A longer one hardly comes twice, so it is searched every time.
pub const MEMO_VALUE_BYTES_MAX: usize = 512;

/// Most conditions that are remembered of a value. A value with more of them is searched every time.
pub const MEMO_CONDITIONS_MAX: usize = 256;

/// Look-ups after which the memory of a field is judged. If fewer than a quarter of them found something, remembering
/// costs more than it saves, and stops for [`MEMO_REST`] look-ups.
pub const MEMO_TRIAL: u32 = 1 << 12;

/// Look-ups for which a field whose values do not repeat is not remembered.
pub const MEMO_REST: u32 = 1 << 16;

/// Shortest text, in bytes, that a record can be required to hold. Shorter ones are in nearly every record.
pub const REQUIRED_BYTES_MIN: usize = 3;

/// Most values of one required clause. Past it searching a record costs as much as reading it, so the clause is
/// dropped, and with it the whole requirement if it was the only one.
pub const REQUIRED_VALUES_MAX: usize = 64;

/// Groups of one rule whose suppression window is open; past it, further groups are not suppressed.
pub const GROUPS_MAX: usize = 100_000;

/// Hits of a stream that wait for their place in the order of time; past it, the earliest are given on before the
/// allowed lateness has passed, which is counted.
pub const STREAM_HITS_MAX: usize = 1_000_000;

/// Most fields that all items of exceptions name together; an item past it is set aside with an error.
pub const EXCEPTION_FIELDS_MAX: usize = 4096;

/// Most values of one field, or of one computed part, that an explanation repeats; the rest is counted.
pub const EXPLAIN_VALUES_SHOWN_MAX: usize = 10;

/// Longest text of a value that an explanation repeats, in characters; a longer one is cut and ends in `…`.
pub const EXPLAIN_VALUE_CHARS_MAX: usize = 200;

/// Most sets of leaves that stand several times in one condition that are tried as changed. Past it the smallest change
/// found so far is given and called approximate; if none was found, none is given.
pub const CHANGES_TRIED_MAX: usize = 1 << 12;

/// Most values of a field that are tried for a near miss (another case, blanks around). Near misses of later ones are not
/// told.
pub const EXPLAIN_VALUES_TRIED_MAX: usize = 64;

/// Most constants or patterns of one leaf that are tried by themselves, to name the one that was nearly met. Past it the
/// near miss is told without it.
pub const EXPLAIN_ALTERNATIVES_TRIED_MAX: usize = 64;

/// Most names of fields of one document that are compared with the name of a missing field. Later ones are not offered.
pub const EXPLAIN_NAMES_MAX: usize = 4096;

/// Most events that are explained in one run; a larger number is refused.
pub const EXPLAINED_MAX: usize = 1000;

/// Most pairs of an event and a stage of a sequence, each with its key, that a replay holds. Later ones are counted and
/// left out.
pub const EXPLAIN_ENTRIES_MAX: usize = 1 << 20;

/// Most combinations of values of multi-valued keys that one event takes part with in one stage. Further ones are counted
/// and left out.
pub const EXPLAIN_KEYS_PER_EVENT_MAX: usize = 1024;

/// Most groups of one threshold rule that are counted at a time. Events of further groups are left out, which is counted.
pub const THRESHOLD_GROUPS_MAX: usize = 100_000;

/// Most pairs of a group of one threshold rule and a stretch of time that is counted by itself. Events of further ones
/// are left out, which is counted.
pub const THRESHOLD_CELLS_MAX: usize = 1_000_000;

/// Most different values (`cardinality`) that are kept for one threshold rule. Further ones are left out, which is
/// counted.
pub const THRESHOLD_VALUES_MAX: usize = 1_000_000;

/// Most terms of one new terms rule that are known. At the bound the half that was seen longest ago is forgotten, which is
/// counted; a forgotten term is new when it comes again.
pub const TERMS_MAX: usize = 1_000_000;

/// Most indicators that are kept. Further ones are left out, which is counted.
pub const INDICATORS_MAX: usize = 1_000_000;

/// Most combinations of values of one event, or of one indicator, that are compared for one list of pairs of an indicator
/// match rule. Further ones are left out.
pub const INDICATOR_KEYS_MAX: usize = 4096;

/// Most indicators that one alert repeats, as in Kibana; further ones are left out.
pub const ENRICHMENTS_MAX: usize = 200;

/// Deepest nesting of Kibana's filters beside a query. A rule with deeper ones does not run.
pub const FILTER_DEPTH_MAX: usize = 8;
