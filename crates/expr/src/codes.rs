//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.

/// An address block that cannot be read.
pub const CIDR: &str = "EXP001";
/// A regular expression that cannot be read, or needs too much memory.
pub const REGEX: &str = "EXP002";
/// A constant expression that has no value because its computation fails.
pub const CONSTANT: &str = "EXP003";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (
        CIDR,
        "an address block that cannot be read",
        "write an address with a prefix length, such as `10.0.0.0/8` or `fe80::/10`",
    ),
    (
        REGEX,
        "a regular expression that cannot be read, or needs too much memory",
        "correct the expression at the place shown, or split it into several",
    ),
    (
        CONSTANT,
        "a constant expression whose computation fails",
        "the message names the computation, such as a division by zero; correct its constants",
    ),
];
