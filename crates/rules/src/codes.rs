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

/// Every code with its meaning, for the reference.
pub static ALL: &[(&str, &str)] = &[
    (FILE_TOO_LONG, "a rule file that is too long"),
    (SYNTAX, "text that is not TOML"),
    (UNKNOWN_KEY, "a key that the format does not have"),
    (TYPE, "a value of the wrong type"),
    (MISSING_KEY, "a key that has to be there"),
    (CHOICE, "a value that is none of the allowed ones"),
    (FORMAT, "a text that is not written as its key demands"),
    (RANGE, "a number, list or text outside its bounds"),
    (OTHER_TYPE, "a key of another rule type"),
    (EXCLUSIVE, "two keys that exclude each other"),
    (RISK_SEVERITY, "a risk score outside the band of its severity"),
    (THREAT, "a threat whose parts contradict each other"),
    (BUILD_TIME, "a key that Elastic's build writes and the file should leave out"),
    (DUPLICATE_ID, "a `rule_id` that another file has"),
    (TOO_MANY, "more problems than are reported at once"),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
        assert!(ALL.iter().all(|(code, meaning)| code.len() == 7 && !meaning.is_empty()));
    }

    #[test]
    fn the_guide_explains_every_code() {
        let guide = include_str!("../../../docs/rules.md");
        let missing: Vec<_> = ALL.iter().filter(|(code, _)| !guide.contains(code)).collect();
        assert!(missing.is_empty(), "not in docs/rules.md: {missing:?}");
    }
}
