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
