//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Up to `KQL049` the query cannot be read; from `KQL050` on it can, but its names or types do not fit.

/// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
pub const QUERY_TOO_LONG: &str = "KQL001";
/// Nesting deeper than [`crate::limits::DEPTH_MAX`].
pub const TOO_DEEP: &str = "KQL002";
/// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
pub const TOO_MANY_ERRORS: &str = "KQL003";
/// A quoted text or a regular expression that does not end.
pub const UNCLOSED: &str = "KQL004";
/// A backslash that begins no known escape.
pub const ESCAPE: &str = "KQL005";
/// Something that cannot stand where it stands.
pub const UNEXPECTED: &str = "KQL010";
/// An operator of another language.
pub const FOREIGN_OPERATOR: &str = "KQL011";
/// One of Lucene's operators in lower case.
pub const KEYWORD_CASE: &str = "KQL012";
/// Two conditions with nothing between them.
pub const MISSING_OPERATOR: &str = "KQL013";
/// A field without a value, or an operator without a condition.
pub const MISSING_OPERAND: &str = "KQL014";
/// A parenthesis, bracket or brace that is not closed, or was never opened.
pub const UNBALANCED: &str = "KQL015";
/// A range that cannot be read.
pub const RANGE: &str = "KQL016";
/// Grammar of Lucene that matches by likeness.
pub const UNSUPPORTED: &str = "KQL017";
/// A field that no mapping has; as a warning, or as an error where wildcards match none.
pub const UNKNOWN_FIELD: &str = "KQL050";
/// A field of a type that cannot be searched.
pub const UNSUPPORTED_FIELD: &str = "KQL051";
/// A field that sources searched together hold with different types.
pub const AMBIGUOUS_FIELD: &str = "KQL052";
/// A value without a field where there are no default fields.
pub const NO_FIELD: &str = "KQL053";
/// A value that the field's type cannot hold, or a test that it does not take.
pub const VALUE: &str = "KQL054";
/// Date math that cannot be computed.
pub const DATE_MATH: &str = "KQL055";
/// A condition on nested objects that is more than a choice of values.
pub const NESTED: &str = "KQL056";
/// Wildcards or default fields that come to too many tests.
pub const TOO_MANY_TESTS: &str = "KQL057";
/// A regular expression that cannot be read.
pub const REGEX: &str = "KQL058";
/// A clause of Lucene that decides nothing; a warning.
pub const OPTIONAL_CLAUSE: &str = "KQL059";
/// Quotes of another kind, which are part of the value; a warning.
pub const QUOTES: &str = "KQL060";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (
        QUERY_TOO_LONG,
        "a query that is too long",
        "split the query, or move long lists of values out of it",
    ),
    (
        TOO_DEEP,
        "a condition that is nested too deep",
        "flatten the query: `field: (a or b or c)` needs one pair of parentheses",
    ),
    (
        TOO_MANY_ERRORS,
        "more errors than are reported at once",
        "correct the errors that are shown, then look again",
    ),
    (
        UNCLOSED,
        "a quoted text or a regular expression that does not end",
        "close it; a quote inside a quoted text is written `\\\"`",
    ),
    (
        ESCAPE,
        "a backslash that begins no known escape",
        "write `\\\\` for a backslash, or put the value in quotes",
    ),
    (
        UNEXPECTED,
        "something that cannot stand where it stands",
        "the message says what may stand there instead",
    ),
    (
        FOREIGN_OPERATOR,
        "an operator of another language",
        "write `field: value`, `not field: value`, `field > value`, and `and`, `or`, `not` between them",
    ),
    (KEYWORD_CASE, "one of Lucene's operators in lower case", "write `AND`, `OR` and `NOT`"),
    (
        MISSING_OPERATOR,
        "two conditions with nothing between them",
        "write `and` or `or` between them, or put a value of several words in quotes",
    ),
    (
        MISSING_OPERAND,
        "a field without a value, or an operator without a condition",
        "add it, or write `field: *` to ask whether there is any value",
    ),
    (
        UNBALANCED,
        "a parenthesis, bracket or brace that is not closed, or was never opened",
        "add its partner, or remove it",
    ),
    (
        RANGE,
        "a range that cannot be read",
        "write `field >= value`, or in Lucene's notation `field:[from TO to]` with `*` for an open end",
    ),
    (
        UNSUPPORTED,
        "fuzzy matching or a distance between words",
        "write the values that are meant, or use wildcards",
    ),
    (
        UNKNOWN_FIELD,
        "a field that no mapping has",
        "correct the name; a field that is in no mapping has no values",
    ),
    (
        UNSUPPORTED_FIELD,
        "a field of a type that cannot be searched",
        "use a field of a type that can be searched, or write `field: { name: value }` for a nested one",
    ),
    (
        AMBIGUOUS_FIELD,
        "a field that sources searched together hold with different types",
        "search the sources one by one, or give them mappings that agree",
    ),
    (NO_FIELD, "a value without a field", "write `field: value`"),
    (
        VALUE,
        "a value that the field's type cannot hold, or a test that it does not take",
        "write a value of the type that the message names",
    ),
    (
        DATE_MATH,
        "date math that cannot be computed",
        "write `now-5m`, `now/d` or `2026-01-31||+1M`, with the units y, M, w, d, h, m and s",
    ),
    (
        NESTED,
        "a condition on nested objects that is more than a choice of values",
        "use values joined by `or` inside the braces; which object a value came from is not kept",
    ),
    (
        TOO_MANY_TESTS,
        "wildcards or default fields that come to too many tests",
        "name the fields that are meant",
    ),
    (
        REGEX,
        "a regular expression that cannot be read",
        "correct the expression; a backslash makes a sign plain",
    ),
    (
        OPTIONAL_CLAUSE,
        "a clause of Lucene that decides nothing",
        "beside a clause that must hold it changes the score alone; use parentheses or remove it",
    ),
    (
        QUOTES,
        "quotes of another kind, which are part of the value",
        "use straight double quotes, as in `field: \"value\"`",
    ),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
        for (code, meaning, way_out) in ALL {
            assert!(code.len() == 6 && !meaning.is_empty() && !way_out.is_empty(), "{code}");
        }
    }
}
