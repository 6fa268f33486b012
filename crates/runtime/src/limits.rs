//! The bounds of this crate, each with what happens when it is reached.

/// Results that wait for their turn, in bytes. Past it, workers turn to the input whose turn it is; past twice as much
/// they wait for it.
pub(crate) const WAITING_BYTES_MAX: usize = 16 << 20;

/// Defects of one chunk that are described; further ones are counted.
pub(crate) const DEFECTS_PER_CHUNK_MAX: usize = 16;

/// What a sorter holds in memory, in bytes; past it, a sorted run goes into a temporary file.
pub(crate) const SORT_BYTES_MAX: usize = 64 << 20;

/// Temporary files of a sorter that are open at once; past it, they are merged into one.
pub(crate) const SORT_RUNS_MAX: usize = 128;

/// What a window over items that are nearly in order holds, in bytes; an item that is out of order by more starts the
/// reading again. Small enough to stay in a core's cache.
pub(crate) const WINDOW_BYTES_MAX: usize = 8 << 20;

/// How much of each input is read to find the types of fields without a schema, in bytes as stored. What comes later and
/// does not fit starts the reading again.
pub const SAMPLE_INPUT_BYTES_MAX: u64 = 1 << 20;

/// How much of all inputs of a source is read to find types, in bytes as stored.
pub const SAMPLE_BYTES_MAX: u64 = 64 << 20;

/// How often values that do not fit start the reading of a source again before everything is read to find types.
pub const REFITS_MAX: usize = 4;

/// Most columns of a source; of a source without a schema, further names are left out, with a remark.
pub const COLUMNS_MAX: usize = 2000;

/// Most rows of a batch.
pub const BATCH_ROWS_MAX: usize = 8192;

/// Most cells of a batch; a wide table has batches of fewer rows.
pub(crate) const BATCH_CELLS_MAX: usize = 4 << 20;

/// About how many bytes a batch holds; past it, the batch is given out.
pub(crate) const BATCH_BYTES_MAX: usize = 16 << 20;

/// Batches that wait between reading and whoever asks for them; reading waits while there are so many.
pub(crate) const BATCHES_WAITING_MAX: usize = 2;

/// Most values of one filter that records are searched for; a filter with more reads every record.
pub(crate) const FILTER_VALUES_MAX: usize = 256;

/// Most rows of a lookup table or of an enrich policy; more is an error.
pub const LOOKUP_ROWS_MAX: usize = 1_000_000;

/// About how many bytes a lookup table or an enrich policy holds; more is an error.
pub const LOOKUP_BYTES_MAX: usize = 512 << 20;

/// Defects of all inputs of a run that are described; further ones are counted.
pub(crate) const DEFECTS_REPORTED_MAX: usize = 64;

/// Most bytes of the rows that an ES|QL rule looks at, which are held while it steps through time; more is an error that
/// names the rule.
pub const BUFFER_BYTES_MAX: usize = 2 << 30;

/// About how many bytes the events hold that an `EQL` source found, and the rows made of them; more is an error.
pub const EQL_BYTES_MAX: usize = 1 << 30;

/// Pause between two looks at files whose changes are waited for, in milliseconds.
pub const WATCH_PAUSE_MS: u64 = 300;
