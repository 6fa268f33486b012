//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.

/// Declares diagnostic codes: for each a constant, and a row of `ALL` with its meaning and the way out.
///
/// A code, what it means and what to do about it stand in one place, and the reference cannot miss one.
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $meaning:literal, $help:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $code;)*

        /// Every code with its meaning and the way out, for the reference.
        pub static ALL: &[(&str, &str, &str)] = &[$(($name, $meaning, $help)),*];
    };
}

codes! {
    /// An address block that cannot be read.
    CIDR = "EXP001", "an address block that cannot be read",
        "write an address with a prefix length, such as `10.0.0.0/8` or `fe80::/10`";
    /// A regular expression that cannot be read, or needs too much memory.
    REGEX = "EXP002", "a regular expression that cannot be read, or needs too much memory",
        "correct the expression at the place shown, or split it into several";
    /// A constant expression that has no value because its computation fails.
    CONSTANT = "EXP003", "a constant expression whose computation fails",
        "the message names the computation, such as a division by zero; correct its constants";
}
