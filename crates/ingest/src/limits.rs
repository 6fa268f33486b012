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

/// How much may come out of a compressed stream, however small it is, before it is held to [`UNPACKED_RATIO_MAX`].
pub const UNPACKED_BYTES_FREE: u64 = 64 << 20;

/// Most bytes that come out of a compressed stream for each that goes in; past it, reading ends with an error. Gzip packs
/// a line that is repeated to the letter 300 to 1 at most, since 258 bytes of it cost one, and comes to 1,032 only with
/// one byte again and again; zstd packs lines that differ in nothing but time and number some 120 to 1.
pub const UNPACKED_RATIO_MAX: u64 = 1000;

/// Most members of a zip archive; an archive that lists more is refused.
pub const ARCHIVE_MEMBERS_MAX: u64 = 100_000;

/// Longest name of an archive's member, in bytes; an archive with a longer one is refused.
pub const ARCHIVE_NAME_BYTES_MAX: usize = 4096;

/// Longest JSON document that the parser takes, so that a place in it fits 32 bits; a longer one is malformed.
pub const DOCUMENT_BYTES_MAX: usize = u32::MAX as usize;

/// Shortest text that the prefilter searches, in bytes; shorter ones are in nearly every record.
pub const PREFILTER_TEXT_BYTES_MIN: usize = 3;

/// Smallest whole number that the prefilter searches, whatever its sign; the digits of smaller ones are in nearly
/// every record.
pub const PREFILTER_LONG_MIN: u64 = 100;

/// Largest whole number that the prefilter searches, whatever its sign. A double near a larger one may be so far from
/// the number as it is written that its digits do not stand there.
pub const PREFILTER_LONG_MAX: u64 = 1 << 40;

/// Most patterns of one of the prefilter's searches; more values of a clause take more searches.
pub const PREFILTER_PATTERNS_MAX: usize = 64;

/// Most searches for the texts of one clause, and most for its numbers; a clause that takes more is no condition, since
/// so many searches are not faster than parsing.
pub const PREFILTER_SEARCHES_MAX: usize = 4;

/// How much of a block the prefilter searches before it judges whether that pays.
pub const PREFILTER_TRIAL_BYTES: usize = 32 << 10;

/// Most columns that the header of a table names; the rows under a longer one are defects.
pub const TABLE_COLUMNS_MAX: usize = 4096;

/// How many lines, not counting blank ones, may hold the header by which a table is told.
pub const TABLE_TELL_LINES: usize = 16;

/// Most values that are kept of one audit record. A record with more is reported, and read up to there.
pub const AUDIT_VALUES_MAX: usize = 65_536;

/// Most audit events whose lines are still awaited at one time; past it the oldest end, as if all their lines had come.
pub const JOINED_OPEN_MAX: usize = 1024;

/// How many bytes the lines of one audit event, and of all that are awaited, hold at most; past it the oldest events
/// end, as if all their lines had come.
pub const JOINED_BYTES_MAX: usize = 16 << 20;

/// How far past the serial of an audit event a record must be to end it. The kernel writes the records of events on
/// several processors through one another; more than some dozens apart was not seen.
pub const JOINED_SERIAL_DISTANCE: u32 = 64;

/// As far as this past the serial of an audit event, a record does not end it, however late it is.
pub const JOINED_SERIAL_DISTANCE_CLOSE: u32 = 8;

/// How much later than an audit event a record of a serial that is not close must be to end it: the time that the audit
/// daemon's own tools wait.
pub const JOINED_WAIT_MILLISECONDS: u64 = 2000;

/// Deepest nesting of the elements of an event in XML; a deeper one is a defect, counted and passed over.
pub const XML_DEPTH_MAX: usize = 64;

/// Most steps and bytes that one record of a Windows event log may cost, whose values can stand in each other; a record
/// that costs more is rendered, which has bounds of its own.
pub const BINXML_COST_MAX: usize = 1 << 20;

/// Longest header of a block of rows, in bytes; further lines of it are a defect.
pub const TABLE_HEADER_BYTES_MAX: usize = 1 << 20;

/// How many documents of the head of an input are looked at to tell its source.
pub const HEAD_DOCUMENTS: usize = 8;

/// How deep archives and compressed streams may lie in each other; what lies deeper is an error of its input.
pub const ARCHIVE_DEPTH_MAX: usize = 4;
