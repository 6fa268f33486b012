//! The bounds of this crate, each with what happens when it is reached.

/// Deepest nesting of a JSON document; a deeper one is a defect, counted and passed over.
pub const JSON_DEPTH_MAX: usize = 128;

/// Longest record, in bytes; a longer one is a defect, skipped without being held in memory.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// How much is read from an input at a time.
pub(crate) const BLOCK_BYTES: usize = 512 << 10;
