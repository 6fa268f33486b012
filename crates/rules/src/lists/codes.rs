//! The codes of diagnostics about lists, their markers and what a site changes. A code that was ever released is never
//! used for anything else.

brokerwatch_expr::codes! {
    /// A list that nobody has.
    UNKNOWN_LIST = "LIST001", "a list that no pack has",
        "write the near name, or one that docs/lists.md has";
    /// A group that the list does not have.
    UNKNOWN_GROUP = "LIST002", "a group that the list does not have",
        "write one of the groups that the message names";
    /// A value that the type of the list does not have.
    VALUE = "LIST003", "a value that the type of the list does not have",
        "write a value as the message says, such as a port from 1 to 65535 or a network as ADDRESS/BITS";
    /// A marker where nothing can be filled in.
    PLACE = "LIST004", "a marker where nothing can be filled in",
        "put it after the opening parenthesis or a comma of a list of values, or before one value";
    /// Values in a rule that are not those of its list.
    DRIFT = "LIST005", "values in a rule that are not those of its list",
        "write the values of the list, change the list, or remove the marker; `cargo xtask codegen` writes the \
         values into the rules of a pack";
    /// A marker that wants one value, and a list that has none or several.
    NOT_ONE = "LIST006", "a marker that wants one value where its list has none or several",
        "name a group that has one value";
    /// A value that cannot be written between the quotes of the query.
    QUOTES = "LIST007", "a value that cannot be written between the quotes of the query",
        "write the query between `'''`";
    /// A marker that is not written as one.
    SYNTAX = "LIST008", "a marker that is not written as one",
        "write `/* $Name */` or `/* $Name.group */`, and in KQL `# $Name.group fills FIELD` above the query";
    /// A change that a site asks for and that changes nothing.
    NO_EFFECT = "LIST009", "a change of a site that changes nothing",
        "remove it, or correct the value or group";
    /// An entry that is given twice.
    TWICE = "LIST010", "an entry of a list that is given twice",
        "keep one of the two";
}

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
