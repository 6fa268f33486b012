//! The bounds of explanations, each with what happens when it is reached.

/// Most values of one field, or of one computed part, that an explanation repeats; the rest is counted.
pub const VALUES_SHOWN_MAX: usize = 10;

/// Longest text of a value that an explanation repeats, in characters; a longer one is cut and ends in `…`.
pub const VALUE_CHARS_MAX: usize = 200;

/// Most sets of leaves that stand several times in one condition that are tried as changed. Past it the smallest change
/// found so far is given and called approximate; if none was found, none is given.
pub const CHANGES_TRIED_MAX: usize = 1 << 12;

/// Most values of a field that are tried for a near miss (another case, blanks around). Near misses of later ones are not
/// told.
pub const VALUES_TRIED_MAX: usize = 64;

/// Most constants or patterns of one leaf that are tried by themselves, to name the one that was nearly met. Past it the
/// near miss is told without it.
pub const ALTERNATIVES_TRIED_MAX: usize = 64;

/// Most names of fields of one document that are compared with the name of a missing field. Later ones are not offered.
pub const NAMES_MAX: usize = 4096;

/// Most events that are explained in one run; a larger number is refused.
pub const EXPLAINED_MAX: usize = 1000;

/// Most pairs of an event and a stage of a sequence, each with its key, that a replay holds. Later ones are counted and
/// left out.
pub const ENTRIES_MAX: usize = 1 << 20;

/// Most combinations of values of multi-valued keys that one event takes part with in one stage. Further ones are counted
/// and left out.
pub const KEYS_PER_EVENT_MAX: usize = 1024;
