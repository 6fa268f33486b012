//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Up to `KQL049` the query cannot be read; from `KQL050` on it can, but its names or types do not fit.

brokerwatch_expr::codes! {
    /// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
    QUERY_TOO_LONG = "KQL001", "a query that is too long",
        "split the query, or move long lists of values out of it";
    /// Nesting deeper than [`crate::limits::DEPTH_MAX`].
    TOO_DEEP = "KQL002", "a condition that is nested too deep",
        "flatten the query: `field: (a or b or c)` needs one pair of parentheses";
    /// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
    TOO_MANY_ERRORS = "KQL003", "more errors than are reported at once",
        "correct the errors that are shown, then look again";
    /// A quoted text or a regular expression that does not end.
    UNCLOSED = "KQL004", "a quoted text or a regular expression that does not end",
        "close it; a quote inside a quoted text is written `\\\"`";
    /// A backslash that begins no known escape.
    ESCAPE = "KQL005", "a backslash that begins no known escape",
        "write `\\\\` for a backslash, or put the value in quotes";
    /// Something that cannot stand where it stands.
    UNEXPECTED = "KQL010", "something that cannot stand where it stands",
        "the message says what may stand there instead";
    /// An operator of another language.
    FOREIGN_OPERATOR = "KQL011", "an operator of another language",
        "write `field: value`, `not field: value`, `field > value`, and `and`, `or`, `not` between them";
    /// One of Lucene's operators in lower case.
    KEYWORD_CASE = "KQL012", "one of Lucene's operators in lower case",
        "write `AND`, `OR` and `NOT`";
    /// Two conditions with nothing between them.
    MISSING_OPERATOR = "KQL013", "two conditions with nothing between them",
        "write `and` or `or` between them, or put a value of several words in quotes";
    /// A field without a value, or an operator without a condition.
    MISSING_OPERAND = "KQL014", "a field without a value, or an operator without a condition",
        "add it, or write `field: *` to ask whether there is any value";
    /// A parenthesis, bracket or brace that is not closed, or was never opened.
    UNBALANCED = "KQL015", "a parenthesis, bracket or brace that is not closed, or was never opened",
        "add its partner, or remove it";
    /// A range that cannot be read.
    RANGE = "KQL016", "a range that cannot be read",
        "write `field >= value`, or in Lucene's notation `field:[from TO to]` with `*` for an open end";
    /// Grammar of Lucene that matches by likeness.
    UNSUPPORTED = "KQL017", "fuzzy matching or a distance between words",
        "write the values that are meant, or use wildcards";
    /// A field that no mapping has; as a warning, or as an error where wildcards match none.
    UNKNOWN_FIELD = "KQL050", "a field that no mapping has",
        "correct the name; a field that is in no mapping has no values";
    /// A field of a type that cannot be searched.
    UNSUPPORTED_FIELD = "KQL051", "a field of a type that cannot be searched",
        "use a field of a type that can be searched, or write `field: { name: value }` for a nested one";
    /// A field that sources searched together hold with different types.
    AMBIGUOUS_FIELD = "KQL052", "a field that sources searched together hold with different types",
        "search the sources one by one, or give them mappings that agree";
    /// A value without a field where there are no default fields.
    NO_FIELD = "KQL053", "a value without a field",
        "write `field: value`";
    /// A value that the field's type cannot hold, or a test that it does not take.
    VALUE = "KQL054", "a value that the field's type cannot hold, or a test that it does not take",
        "write a value of the type that the message names";
    /// Date math that cannot be computed.
    DATE_MATH = "KQL055", "date math that cannot be computed",
        "write `now-5m`, `now/d` or `2026-01-31||+1M`, with the units y, M, w, d, h, m and s";
    /// A condition on nested objects that is more than a choice of values.
    NESTED = "KQL056", "a condition on nested objects that is more than a choice of values",
        "use values joined by `or` inside the braces; which object a value came from is not kept";
    /// Wildcards or default fields that come to too many tests.
    TOO_MANY_TESTS = "KQL057", "wildcards or default fields that come to too many tests",
        "name the fields that are meant";
    /// A regular expression that cannot be read.
    REGEX = "KQL058", "a regular expression that cannot be read",
        "correct the expression; a backslash makes a sign plain";
    /// A clause of Lucene that decides nothing; a warning.
    OPTIONAL_CLAUSE = "KQL059", "a clause of Lucene that decides nothing",
        "beside a clause that must hold it changes the score alone; use parentheses or remove it";
    /// Quotes of another kind, which are part of the value; a warning.
    QUOTES = "KQL060", "quotes of another kind, which are part of the value",
        "use straight double quotes, as in `field: \"value\"`";
}

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
