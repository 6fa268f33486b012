//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Up to `EQL049` the query cannot be read; from `EQL050` on it can, but its names or types do not fit.

/// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
pub const QUERY_TOO_LONG: &str = "EQL001";
/// A character that has no meaning in EQL.
pub const CHARACTER: &str = "EQL002";
/// A text, a quoted name or a comment that does not end.
pub const UNCLOSED: &str = "EQL003";
/// A backslash in a text that begins no known escape.
pub const ESCAPE: &str = "EQL004";
/// A text in quotes of another kind.
pub const QUOTES: &str = "EQL005";
/// A number that no type can hold.
pub const NUMBER: &str = "EQL006";
/// Nesting deeper than [`brokerwatch_expr::limits::DEPTH_MAX`].
pub const TOO_DEEP: &str = "EQL007";
/// More errors than [`crate::limits::ERRORS_MAX`].
pub const TOO_MANY_ERRORS: &str = "EQL008";
/// Something that cannot stand where it stands.
pub const UNEXPECTED: &str = "EQL010";
/// An operator of another language.
pub const FOREIGN_OPERATOR: &str = "EQL011";
/// A keyword that is not in lower case.
pub const KEYWORD_CASE: &str = "EQL012";
/// A keyword where a name has to stand.
pub const RESERVED: &str = "EQL013";
/// A comparison of a comparison, such as `a < b < c`.
pub const CHAINED: &str = "EQL014";
/// A parenthesis or bracket that is not closed, or was never opened.
pub const UNBALANCED: &str = "EQL015";
/// A list without values.
pub const EMPTY_LIST: &str = "EQL016";
/// `not` before an operator that does not take it, such as `like`.
pub const NOT_BEFORE_MATCH: &str = "EQL017";
/// A filter without `where`.
pub const MISSING_WHERE: &str = "EQL018";
/// Something other than constants to the right of `:`, `like` or `regex`.
pub const MATCH_OPERAND: &str = "EQL019";
/// Grammar that Elasticsearch reads and refuses.
pub const UNSUPPORTED: &str = "EQL020";
/// A `maxspan` that is no positive whole number with a unit.
pub const MAXSPAN: &str = "EQL021";
/// `with runs` out of bounds, or another option in its place.
pub const RUNS: &str = "EQL022";
/// A join key that is no field.
pub const JOIN_KEY: &str = "EQL023";
/// Stages with different numbers of join keys, or a sample without any.
pub const KEY_COUNT: &str = "EQL024";
/// Too few or too many stages.
pub const STAGE_COUNT: &str = "EQL025";
/// `![ ]` where it means nothing.
pub const MISSING_EVENT: &str = "EQL026";
/// A part of a sequence inside a sample.
pub const SAMPLE: &str = "EQL027";
/// An `until` that is no plain stage.
pub const UNTIL: &str = "EQL028";
/// `by` after `with`.
pub const KEYS_AFTER_OPTION: &str = "EQL029";
/// A pipe that does not exist.
pub const PIPE_NAME: &str = "EQL030";
/// A pipe with the wrong arguments, or on a query that takes none.
pub const PIPE_ARGUMENT: &str = "EQL031";

/// Every code with its meaning, for the reference.
pub static ALL: &[(&str, &str)] = &[
    (QUERY_TOO_LONG, "a query that is too long"),
    (CHARACTER, "a character that has no meaning in EQL"),
    (UNCLOSED, "a text, a quoted name or a comment that does not end"),
    (ESCAPE, "a backslash in a text that begins no known escape"),
    (QUOTES, "a text in quotes of another kind"),
    (NUMBER, "a number that no type can hold"),
    (TOO_DEEP, "an expression that is nested too deep"),
    (TOO_MANY_ERRORS, "more errors than are reported at once"),
    (UNEXPECTED, "something that cannot stand where it stands"),
    (FOREIGN_OPERATOR, "an operator of another language"),
    (KEYWORD_CASE, "a keyword that is not in lower case"),
    (RESERVED, "a keyword where a name has to stand"),
    (CHAINED, "a comparison of a comparison"),
    (UNBALANCED, "a parenthesis or bracket that is not closed, or was never opened"),
    (EMPTY_LIST, "a list without values"),
    (NOT_BEFORE_MATCH, "`not` before an operator that does not take it"),
    (MISSING_WHERE, "a filter without `where`"),
    (MATCH_OPERAND, "something other than constants to the right of `:`, `like` or `regex`"),
    (UNSUPPORTED, "grammar that Elasticsearch reads and refuses"),
    (MAXSPAN, "a maxspan that is no positive whole number with a unit"),
    (RUNS, "`with runs` out of bounds, or another option in its place"),
    (JOIN_KEY, "a join key that is no field"),
    (KEY_COUNT, "stages with different numbers of join keys, or a sample without any"),
    (STAGE_COUNT, "too few or too many stages"),
    (MISSING_EVENT, "`![ ]` where it means nothing"),
    (SAMPLE, "a part of a sequence inside a sample"),
    (UNTIL, "an `until` that is no plain stage"),
    (KEYS_AFTER_OPTION, "`by` after `with`"),
    (PIPE_NAME, "a pipe that does not exist"),
    (PIPE_ARGUMENT, "a pipe with the wrong arguments, or on a query that takes none"),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
        assert!(ALL.iter().all(|(code, meaning)| code.len() == 6 && !meaning.is_empty()));
    }
}
