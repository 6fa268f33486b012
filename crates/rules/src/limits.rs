//! The bounds of this crate, each with what happens when it is reached.

/// Longest rule file, and longest file of exceptions in TOML, in bytes; a longer one is refused before it is read.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// Most problems that one file reports. At the bound a last diagnostic says how many were left out.
pub const DIAGNOSTICS_MAX: usize = 100;

/// Most characters of the file that a message repeats; a longer piece is cut and ends in `…`.
pub const EXCERPT_CHARS_MAX: usize = 60;

/// Most signals that a rule may ask for (`max_signals`), as Elastic's checks have it; more is an error.
pub const SIGNALS_MAX: i64 = 1000;

/// Most fields that suppression may group by, as in Kibana; more is an error.
pub const SUPPRESSION_FIELDS_MAX: usize = 3;

/// Most fields of a threshold (Kibana 9.2 and later take five); more is an error.
pub const THRESHOLD_FIELDS_MAX: usize = 5;

/// Most fields of a new terms rule, as in Kibana; more is an error.
pub const NEW_TERMS_FIELDS_MAX: usize = 3;

/// Longest export with exceptions, and longest value list, in bytes; a longer one is refused before it is read.
pub const EXCEPTIONS_BYTES_MAX: usize = 64 << 20;

/// Most entries of one item of exceptions, and of one nested entry; more is an error.
pub const ENTRIES_MAX: usize = 1000;

/// Deepest nesting of a value in an exported list or item; a deeper one is an error.
pub const JSON_DEPTH_MAX: usize = 16;

/// Most times that names and types of a query in ES|QL are settled anew because fields came up that are not known. At the
/// bound what is wrong is told as it stands.
pub const SETTLE_ROUNDS_MAX: usize = 16;

/// Most entries of a list; more is an error.
pub const LIST_ENTRIES_MAX: usize = 10_000;

/// Most columns of a line that a list is filled into; a longer one is broken.
pub const FILLED_COLUMNS_MAX: usize = 110;

/// Longest value of an alert that the text of a guide repeats, in characters; a longer one is cut and ends in `…`. In
/// queries values are whole.
pub const GUIDE_VALUE_CHARS_MAX: usize = 500;

/// Most values of one field that the text of a guide repeats; it says how many more there are.
pub const GUIDE_VALUES_MAX: usize = 20;

/// Most addresses of destinations that a proposed exception names; more are named by their networks.
pub const TUNED_ADDRESSES_MAX: usize = 5;

/// Most networks of destinations that a proposed exception names; more are refused as too scattered.
pub const TUNED_NETWORKS_MAX: usize = 10;

/// Most values of a part that alerts differ in that are shown; all are counted.
pub const TUNED_EXAMPLES_MAX: usize = 3;
