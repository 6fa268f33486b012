//! The bounds of this crate, each with what happens when it is reached.

/// Most distinct fields that one projection can hold; wanting more is an error of the rule set.
pub const FIELDS_MAX: usize = u16::MAX as usize;

/// Most values one field of one event keeps. Further values are dropped and counted in
/// [`crate::Event::dropped_values`].
pub const VALUES_PER_FIELD_MAX: usize = 4096;
