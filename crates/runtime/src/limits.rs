//! The bounds of this crate, each with what happens when it is reached.

/// Results that wait for their turn, in bytes. Past it, workers turn to the input whose turn it is; past twice as much
/// they wait for it.
pub(crate) const WAITING_BYTES_MAX: usize = 16 << 20;

/// Defects of one chunk that are described; further ones are counted.
pub(crate) const DEFECTS_PER_CHUNK_MAX: usize = 16;
