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

/// Most events of a part. An import begins another part of the partition past it.
pub const PART_ROWS_MAX: u64 = 1_000_000;

/// About how many bytes the documents of a part take before they are packed; past it, another part is begun. Packed they
/// are some 64 MB.
pub const PART_BYTES_MAX: u64 = 512 << 20;

/// A part with less than this fraction of what it may have is small: an import that writes into its partition puts it
/// together with what is new.
pub const SMALL_PART_FRACTION: u64 = 2;

/// Most rows of a group in a part, which is left out as a whole if its statistics say so.
pub(crate) const GROUP_ROWS_MAX: usize = 64 << 10;

/// About how many bytes a group of rows in a part holds; past it, another is begun.
pub(crate) const GROUP_BYTES_MAX: usize = 64 << 20;

/// How many different values of a field a Bloom filter of a group of rows is made for; with more it excludes less.
pub(crate) const BLOOM_VALUES: u64 = 16 << 10;

/// Rows of a part that are unpacked at a time.
pub(crate) const PART_BATCH_ROWS: usize = 1024;

/// Most events of one data set with the very same time that an import tells apart, in memory: about 32 bytes each. Further
/// ones are kept without looking whether they are there already, and counted.
pub const PLACE_EVENTS_MAX: usize = 4_000_000;

/// Most partitions, each a day and a data set, that one import writes; the events of further ones are left out, which is
/// told and an error.
pub const PARTITIONS_MAX: u64 = 20_000;

/// Longest name of a data set in the name of a folder, in bytes; the rest is cut off.
pub(crate) const DATASET_BYTES_MAX: usize = 100;

/// Longest id of a document, and of the index that it is of, that is kept, in bytes: as in Elasticsearch. In place of a
/// longer id stands one that is made of the document.
pub(crate) const ID_BYTES_MAX: usize = 512;

/// Most findings of a look at what an import keeps that are described; further ones are counted.
pub const FINDINGS_MAX: usize = 1000;

/// How often the parts of a partition are listed while imports replace them; after that it is an error.
pub(crate) const JOURNAL_LOOKS_MAX: usize = 100;

/// How many rows of a Parquet file are looked at to find out how many pass a filter.
pub(crate) const FILTER_SAMPLE_ROWS: usize = 4096;

/// Rows are left out while a Parquet file is read if at most one in so many passes the filter.
pub(crate) const EARLY_FILTER_FRACTION: usize = 20;

/// A Parquet file is read in pieces of as many row groups as have this many rows. Several threads read as many pieces at a
/// time; what is damaged ends its piece.
pub(crate) const PIECE_ROWS_MIN: u64 = 128 << 10;

/// Most pieces of a Parquet file, but for its first.
pub(crate) const PIECES_MAX: u64 = 1024;

/// About how many bytes of a piece of a Parquet file wait, unpacked, until they are asked for.
pub(crate) const AHEAD_BYTES_MAX: u64 = 32 << 20;
