//! The bounds of this crate, each with what happens when it is reached.

/// Deepest nesting of a JSON document; a deeper one is a defect, counted and passed over.
pub const JSON_DEPTH_MAX: usize = 128;

/// Longest record, in bytes; a longer one is a defect, skipped without being held in memory. In a bulk file the action
/// line counts with its document.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// How much is read from an input at a time, and so the usual size of a chunk. Small enough to stay in a core's cache
/// between reading and parsing, large enough that the system call costs nothing.
pub const BLOCK_BYTES: usize = 512 << 10;

/// How much of an input, decompressed, is looked at to tell what it is. What comes later changes nothing.
pub const HEAD_BYTES: usize = 512 << 10;

/// How many lines of the head are tried when the framing is told.
pub const HEAD_LINES: usize = 16;

/// How much of a compressed input is read at a time.
pub const COMPRESSED_BLOCK_BYTES: usize = 128 << 10;

/// Largest window of a zstd frame, as a power of two: what its decoder holds in memory. A frame that asks for more
/// ends the reading of its input with an error.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Most members of a zip archive; an archive that lists more is refused.
pub const ARCHIVE_MEMBERS_MAX: u64 = 100_000;

/// Longest name of an archive's member, in bytes; an archive with a longer one is refused.
pub const ARCHIVE_NAME_BYTES_MAX: usize = 4096;
