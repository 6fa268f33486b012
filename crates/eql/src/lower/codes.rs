//! The codes of what is wrong with names and types. A code that was ever released is never used for anything else.

/// A field that no mapping has.
pub const UNKNOWN_FIELD: &str = "EQL050";
/// A field of a type that cannot be searched.
pub const UNSUPPORTED_FIELD: &str = "EQL051";
/// A function that does not exist.
pub const UNKNOWN_FUNCTION: &str = "EQL052";
/// A call with too few or too many arguments.
pub const ARGUMENTS: &str = "EQL053";
/// A value of the wrong type.
pub const TYPE: &str = "EQL054";
/// A comparison of a field with a field.
pub const FIELD_AGAINST_FIELD: &str = "EQL055";
/// A regular expression that cannot be read.
pub const REGEX: &str = "EQL056";

/// Every code with its meaning, for the reference.
pub static ALL: &[(&str, &str)] = &[
    (UNKNOWN_FIELD, "a field that no mapping has"),
    (UNSUPPORTED_FIELD, "a field of a type that cannot be searched"),
    (UNKNOWN_FUNCTION, "a function that does not exist"),
    (ARGUMENTS, "a call with too few or too many arguments"),
    (TYPE, "a value of the wrong type"),
    (FIELD_AGAINST_FIELD, "a comparison of a field with a field"),
    (REGEX, "a regular expression that cannot be read"),
];
