//! The bounds of this crate, each with what happens when it is reached.
//!
//! The length of a query and the depth of its expressions are bounded by [`brokerwatch_expr::limits`].

/// Most times that one stage may repeat (`with runs=N`); more is an error, as in Elasticsearch.
pub const RUNS_MAX: u32 = 100;

/// Most stages of one sequence or filters of one sample, each counted as often as it repeats; more is an error.
pub const STAGES_MAX: usize = 10_000;

/// Longest `maxspan` in milliseconds, about 292 years; a longer one is an error. The same span still fits a signed
/// 64-bit count of nanoseconds.
pub const MAXSPAN_MILLIS_MAX: u64 = i64::MAX as u64 / 1_000_000;

/// Longest line of formatted text, in characters, wherever there is a place to break it.
pub const LINE_CHARS_MAX: usize = 100;

/// Most keys with which one event takes part in one bracket; the lowest are kept, and the caller is told that some were
/// cut. As many as one field has values, so that only fields with many values each, joined together, can reach it.
pub const KEYS_PER_EVENT_MAX: usize = 4096;

/// Most keys for which one sequence keeps something. One more drops the key that has gone longest without a new first
/// event, with all its candidates; they are counted in [`crate::sequence::Machine::dropped`].
pub const SEQUENCE_KEYS_MAX: usize = 1_000_000;

/// Most events that the candidates of one sequence hold. More drops the oldest candidates of the key that has gone
/// longest without a new first event; they are counted in [`crate::sequence::Machine::dropped`].
pub const SEQUENCE_EVENTS_MAX: usize = 4_000_000;

/// Most keys for which a sample keeps events. Events of further keys are not taken, and counted in
/// [`crate::sample::Sample::dropped`].
pub const SAMPLE_KEYS_MAX: usize = 1_000_000;

/// Most events that a sample keeps, counted once for each filter and key. Further ones are not taken, and counted in
/// [`crate::sample::Sample::dropped`].
pub const SAMPLE_EVENTS_MAX: usize = 4_000_000;

/// Most candidates that a sample looks at for one key. At the bound the key gives what was found so far, and is counted in
/// [`crate::sample::Sample::cut`].
pub const SAMPLE_STEPS_PER_KEY_MAX: u64 = 10_000_000;

/// Most rows that one pipe holds, and most that pipes give; those past it are left out of the answer and counted. A
/// pipe that sorts holds the first.
pub const PIPE_ROWS_MAX: usize = 200_000;

/// Most different keys that one pipe tells apart. Rows with further keys are left out of its answer and counted.
pub const PIPE_KEYS_MAX: usize = 1_000_000;
