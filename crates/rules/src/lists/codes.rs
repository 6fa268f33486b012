//! The codes of diagnostics about lists, their markers and what a site changes. A code that was ever released is never
//! used for anything else.

/// A list that nobody has.
pub const UNKNOWN_LIST: &str = "LIST001";
/// A group that the list does not have.
pub const UNKNOWN_GROUP: &str = "LIST002";
/// A value that the type of the list does not have.
pub const VALUE: &str = "LIST003";
/// A marker where nothing can be filled in.
pub const PLACE: &str = "LIST004";
/// Values in a rule that are not those of its list.
pub const DRIFT: &str = "LIST005";
/// A marker that wants one value, and a list that has none or several.
pub const NOT_ONE: &str = "LIST006";
/// A value that cannot be written between the quotes of the query.
pub const QUOTES: &str = "LIST007";
/// A marker that is not written as one.
pub const SYNTAX: &str = "LIST008";
/// A change that a site asks for and that changes nothing.
pub const NO_EFFECT: &str = "LIST009";
/// An entry that is given twice.
pub const TWICE: &str = "LIST010";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (UNKNOWN_LIST, "a list that no pack has", "write the near name, or one that docs/lists.md has"),
    (
        UNKNOWN_GROUP,
        "a group that the list does not have",
        "write one of the groups that the message names",
    ),
    (
        VALUE,
        "a value that the type of the list does not have",
        "write a value as the message says, such as a port from 1 to 65535 or a network as ADDRESS/BITS",
    ),
    (
        PLACE,
        "a marker where nothing can be filled in",
        "put it after the opening parenthesis or a comma of a list of values, or before one value",
    ),
    (
        DRIFT,
        "values in a rule that are not those of its list",
        "write the values of the list, change the list, or remove the marker; `cargo xtask codegen` writes the values into \
         the rules of a pack",
    ),
    (
        NOT_ONE,
        "a marker that wants one value where its list has none or several",
        "name a group that has one value",
    ),
    (
        QUOTES,
        "a value that cannot be written between the quotes of the query",
        "write the query between `'''`",
    ),
    (
        SYNTAX,
        "a marker that is not written as one",
        "write `/* $Name */` or `/* $Name.group */`, and in KQL `# $Name.group fills FIELD` above the query",
    ),
    (
        NO_EFFECT,
        "a change of a site that changes nothing",
        "remove it, or correct the value or group",
    ),
    (TWICE, "an entry of a list that is given twice", "keep one of the two"),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn the_guide_explains_every_code() {
        let guide = include_str!("../../../../docs/lists.md");
        let missing: Vec<_> = ALL.iter().filter(|(code, ..)| !guide.contains(code)).collect();
        assert!(missing.is_empty(), "not in docs/lists.md: {missing:?}");
    }
}
