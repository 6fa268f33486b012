//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.

/// A file that is longer than [`crate::limits::FILE_BYTES_MAX`].
pub const FILE_TOO_LONG: &str = "RULE001";
/// Text that is not TOML.
pub const SYNTAX: &str = "RULE002";
/// A key that the format does not have.
pub const UNKNOWN_KEY: &str = "RULE003";
/// A value of the wrong type.
pub const TYPE: &str = "RULE004";
/// A key that has to be there.
pub const MISSING_KEY: &str = "RULE005";
/// A value that is none of the allowed ones.
pub const CHOICE: &str = "RULE006";
/// A text that is not written as its key demands.
pub const FORMAT: &str = "RULE007";
/// A number, list or text outside its bounds.
pub const RANGE: &str = "RULE008";
/// A key of another rule type.
pub const OTHER_TYPE: &str = "RULE009";
/// Two keys that exclude each other.
pub const EXCLUSIVE: &str = "RULE010";
/// A risk score outside the band of its severity (warning).
pub const RISK_SEVERITY: &str = "RULE011";
/// A threat whose parts contradict each other (warning).
pub const THREAT: &str = "RULE012";
/// A key that Elastic's build writes and the file should leave out (warning).
pub const BUILD_TIME: &str = "RULE013";
/// A `rule_id` that another file has.
pub const DUPLICATE_ID: &str = "RULE014";
/// More problems than [`crate::limits::DIAGNOSTICS_MAX`].
pub const TOO_MANY: &str = "RULE015";
/// A line of an export that is not one JSON object, or none that is known.
pub const NO_JSON: &str = "RULE016";
/// A list or an item of exceptions that is given twice.
pub const EXCEPTION_TWICE: &str = "RULE017";
/// An item whose list is another one, or not in the file.
pub const STRAY_ITEM: &str = "RULE018";
/// A value list that cannot be read.
pub const VALUE_LIST: &str = "RULE019";
/// An entry that its field cannot be tested with.
pub const EXCEPTION_ENTRY: &str = "RULE020";
/// A part of an exception that has no effect (warning).
pub const EXCEPTION_IDLE: &str = "RULE021";

/// A test that lacks its title, its reason, its events or its expectation.
pub const TEST_INCOMPLETE: &str = "TEST001";
/// A block of a page of tests that is unknown, misplaced or never ends.
pub const TEST_BLOCK: &str = "TEST002";
/// Events of a test that cannot be read.
pub const TEST_EVENTS: &str = "TEST003";
/// An expectation that is none, or that contradicts its alerts.
pub const TEST_EXPECTATION: &str = "TEST004";
/// A page of tests without its rule.
pub const TEST_NO_RULE: &str = "TEST005";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (FILE_TOO_LONG, "a rule file that is too long", "split the file: one rule is one file"),
    (SYNTAX, "text that is not TOML", "correct the place that is shown"),
    (
        UNKNOWN_KEY,
        "a key that the format does not have",
        "correct the name to the near one that is named, or remove the key",
    ),
    (TYPE, "a value of the wrong type", "write the type that the message names"),
    (MISSING_KEY, "a key that has to be there", "add the key"),
    (
        CHOICE,
        "a value that is none of the allowed ones",
        "write one of the values that the message names",
    ),
    (
        FORMAT,
        "a text that is not written as its key demands",
        "write the text in the form that the message names",
    ),
    (
        RANGE,
        "a number, list or text outside its bounds",
        "stay within the bounds that the message names",
    ),
    (OTHER_TYPE, "a key of another rule type", "remove the key, or change the rule's `type`"),
    (EXCLUSIVE, "two keys that exclude each other", "keep one of the two"),
    (
        RISK_SEVERITY,
        "a risk score outside the band of its severity",
        "change the score or the severity so that they agree",
    ),
    (
        THREAT,
        "a threat whose parts contradict each other",
        "correct the ids, names and addresses so that they name one technique",
    ),
    (
        BUILD_TIME,
        "a key that Elastic's build writes and the file should leave out",
        "remove the key: it is written when the rule is built",
    ),
    (DUPLICATE_ID, "a `rule_id` that another file has", "give the rule a new UUID"),
    (
        TOO_MANY,
        "more problems than are reported at once",
        "correct the problems that are shown, then look again",
    ),
    (
        NO_JSON,
        "a line of an export that is not one JSON object, or none that is known",
        "correct the place that is shown, or export the rules again",
    ),
    (EXCEPTION_TWICE, "a list or an item of exceptions that is given twice", "keep one of the two"),
    (
        STRAY_ITEM,
        "an item of exceptions whose list is another one, or not in the file",
        "give it the `list_id` and `namespace_type` of a list of the file",
    ),
    (
        VALUE_LIST,
        "a value list that cannot be read",
        "write its values, one a line, into a file of its id beside the exceptions",
    ),
    (
        EXCEPTION_ENTRY,
        "an entry of an exception that its field cannot be tested with",
        "write a value that the type of the field has, or correct the field",
    ),
    (
        EXCEPTION_IDLE,
        "a part of an exception that has no effect",
        "correct it as the message says, or remove it",
    ),
    (
        TEST_INCOMPLETE,
        "a test that lacks its title, its reason, its events or its expectation",
        "add what the message names to the section",
    ),
    (
        TEST_BLOCK,
        "a block of a page of tests that is unknown, misplaced or never ends",
        "correct its kind or its place as the message says",
    ),
    (
        TEST_EVENTS,
        "events of a test that cannot be read",
        "write one JSON object a line, telemetry as its source writes it, or the path of a file of the pack",
    ),
    (
        TEST_EXPECTATION,
        "an expectation that is none, or that contradicts its alerts",
        "write `Expected: silence` or `Expected: N alerts`, and describe at most that many",
    ),
    (
        TEST_NO_RULE,
        "a page of tests without its rule",
        "name the page as the rule: `NAME.toml` and `NAME.tests.md`",
    ),
];

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
