//! Values without which no record can be of interest.
//!
//! A reader may search raw bytes for these values and pass over records that have none of them. The
//! search must never miss one: a value in any spelling that the input format allows counts.

/// A conjunction: a record is of interest only if each clause has a value in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    /// The clauses, the rarest first.
    pub all_of: Vec<AnyOf>,
}

/// A disjunction: at least one of these values is in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyOf {
    /// The values.
    pub values: Vec<RequiredValue>,
}

/// One value, as a part of some field's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequiredValue {
    /// Text that stands somewhere in a field's value.
    Text {
        /// The text.
        text: String,
        /// Whether ASCII letters count whatever their case.
        any_case: bool,
    },
    /// A whole number that is the value of a numeric field.
    Long(i64),
}
