//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.

brokerwatch_expr::codes! {
    /// A file that is longer than [`crate::limits::FILE_BYTES_MAX`].
    FILE_TOO_LONG = "RULE001", "a rule file that is too long",
        "split the file: one rule is one file";
    /// Text that is not TOML.
    SYNTAX = "RULE002", "text that is not TOML",
        "correct the place that is shown";
    /// A key that the format does not have.
    UNKNOWN_KEY = "RULE003", "a key that the format does not have",
        "correct the name to the near one that is named, or remove the key";
    /// A value of the wrong type.
    TYPE = "RULE004", "a value of the wrong type",
        "write the type that the message names";
    /// A key that has to be there.
    MISSING_KEY = "RULE005", "a key that has to be there",
        "add the key";
    /// A value that is none of the allowed ones.
    CHOICE = "RULE006", "a value that is none of the allowed ones",
        "write one of the values that the message names";
    /// A text that is not written as its key demands.
    FORMAT = "RULE007", "a text that is not written as its key demands",
        "write the text in the form that the message names";
    /// A number, list or text outside its bounds.
    RANGE = "RULE008", "a number, list or text outside its bounds",
        "stay within the bounds that the message names";
    /// A key of another rule type.
    OTHER_TYPE = "RULE009", "a key of another rule type",
        "remove the key, or change the rule's `type`";
    /// Two keys that exclude each other.
    EXCLUSIVE = "RULE010", "two keys that exclude each other",
        "keep one of the two";
    /// A risk score outside the band of its severity (warning).
    RISK_SEVERITY = "RULE011", "a risk score outside the band of its severity",
        "change the score or the severity so that they agree";
    /// A threat whose parts contradict each other (warning).
    THREAT = "RULE012", "a threat whose parts contradict each other",
        "correct the ids, names and addresses so that they name one technique";
    /// A key that Elastic's build writes and the file should leave out (warning).
    BUILD_TIME = "RULE013", "a key that Elastic's build writes and the file should leave out",
        "remove the key: it is written when the rule is built";
    /// A `rule_id` that another file has.
    DUPLICATE_ID = "RULE014", "a `rule_id` that another file has",
        "give the rule a new UUID";
    /// More problems than [`crate::limits::DIAGNOSTICS_MAX`].
    TOO_MANY = "RULE015", "more problems than are reported at once",
        "correct the problems that are shown, then look again";
    /// A line of an export that is not one JSON object, or none that is known.
    NO_JSON = "RULE016", "a line of an export that is not one JSON object, or none that is known",
        "correct the place that is shown, or export the rules again";
    /// A list or an item of exceptions that is given twice.
    EXCEPTION_TWICE = "RULE017", "a list or an item of exceptions that is given twice",
        "keep one of the two";
    /// An item whose list is another one, or not in the file.
    STRAY_ITEM = "RULE018", "an item of exceptions whose list is another one, or not in the file",
        "give it the `list_id` and `namespace_type` of a list of the file";
    /// A value list that cannot be read.
    VALUE_LIST = "RULE019", "a value list that cannot be read",
        "write its values, one a line, into a file of its id beside the exceptions";
    /// An entry that its field cannot be tested with.
    EXCEPTION_ENTRY = "RULE020", "an entry of an exception that its field cannot be tested with",
        "write a value that the type of the field has, or correct the field";
    /// A part of an exception that has no effect (warning).
    EXCEPTION_IDLE = "RULE021", "a part of an exception that has no effect",
        "correct it as the message says, or remove it";
    /// A test that lacks its title, its reason, its events or its expectation.
    TEST_INCOMPLETE = "TEST001", "a test that lacks its title, its reason, its events or its expectation",
        "add what the message names to the section";
    /// A block of a page of tests that is unknown, misplaced or never ends.
    TEST_BLOCK = "TEST002", "a block of a page of tests that is unknown, misplaced or never ends",
        "correct its kind or its place as the message says";
    /// Events of a test that cannot be read.
    TEST_EVENTS = "TEST003", "events of a test that cannot be read",
        "write one JSON object a line, telemetry as its source writes it, or the path of a file of the pack";
    /// An expectation that is none, or that contradicts its alerts.
    TEST_EXPECTATION = "TEST004", "an expectation that is none, or that contradicts its alerts",
        "write `Expected: silence` or `Expected: N alerts`, and describe at most that many";
    /// A page of tests without its rule.
    TEST_NO_RULE = "TEST005", "a page of tests without its rule",
        "name the page as the rule: `NAME.toml` and `NAME.tests.md`";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
        for (code, meaning, way_out) in ALL {
            assert!(code.len() == 7 && !meaning.is_empty() && !way_out.is_empty(), "{code}");
        }
    }

    #[test]
    fn the_guide_explains_every_code() {
        let guide = [
            include_str!("../../../docs/rules.md"),
            include_str!("../../../docs/testing-rules.md"),
        ]
        .concat();
        let missing: Vec<_> = ALL.iter().filter(|(code, ..)| !guide.contains(code)).collect();
        assert!(missing.is_empty(), "not in docs/rules.md: {missing:?}");
    }
}
