//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.

/// An address block that cannot be read.
pub const CIDR: &str = "EXP001";
/// A regular expression that cannot be read, or needs too much memory.
pub const REGEX: &str = "EXP002";
/// A constant expression that has no value because its computation fails.
pub const CONSTANT: &str = "EXP003";

/// Every code with its meaning, for the reference.
pub static ALL: &[(&str, &str)] = &[
    (CIDR, "an address block that cannot be read"),
    (REGEX, "a regular expression that cannot be read, or needs too much memory"),
    (CONSTANT, "a constant expression whose computation fails"),
];
