//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Up to `EQL049` the query cannot be read; from `EQL050` on it can, but its names or types do not fit.

brokerwatch_expr::codes! {
    /// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
    QUERY_TOO_LONG = "EQL001", "a query that is too long",
        "split the query, or move long lists of values out of it";
    /// A character that has no meaning in EQL.
    CHARACTER = "EQL002", "a character that has no meaning in EQL",
        "write names with unusual characters in backticks, and text in double quotes";
    /// A text, a quoted name or a comment that does not end.
    UNCLOSED = "EQL003", "a text, a quoted name or a comment that does not end",
        "close it on the line where it begins; a comment ends with `*/`";
    /// A backslash in a text that begins no known escape.
    ESCAPE = "EQL004", "a backslash in a text that begins no known escape",
        "double the backslash, or write the text raw between three double quotes";
    /// A text in quotes of another kind.
    QUOTES = "EQL005", "a text in quotes of another kind",
        "use double quotes; three of them for text in which backslashes mean nothing";
    /// A number that no type can hold.
    NUMBER = "EQL006", "a number that no type can hold",
        "write a number that fits 64 bits, or compare text with text";
    /// Nesting deeper than [`brokerwatch_expr::limits::DEPTH_MAX`].
    TOO_DEEP = "EQL007", "an expression that is nested too deep",
        "flatten the query: a list after `in`, `:` or `like` replaces a chain of `or`";
    /// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
    TOO_MANY_ERRORS = "EQL008", "more errors than are reported at once",
        "correct the errors that are shown, then look again";
    /// Something that cannot stand where it stands.
    UNEXPECTED = "EQL010", "something that cannot stand where it stands",
        "the message says what may stand there instead";
    /// An operator of another language.
    FOREIGN_OPERATOR = "EQL011", "an operator of another language",
        "use EQL's own operators: `==`, `!=`, `and`, `or`, `not`, `:`, `like`, `regex`";
    /// A keyword that is not in lower case.
    KEYWORD_CASE = "EQL012", "a keyword that is not in lower case",
        "write keywords in lower case";
    /// A keyword where a name has to stand.
    RESERVED = "EQL013", "a keyword where a name has to stand",
        "put the name in backticks if it is a field";
    /// A comparison of a comparison, such as `a < b < c`.
    CHAINED = "EQL014", "a comparison of a comparison",
        "write two comparisons joined by `and`";
    /// A parenthesis or bracket that is not closed, or was never opened.
    UNBALANCED = "EQL015", "a parenthesis or bracket that is not closed, or was never opened",
        "add its partner, or remove it";
    /// A list without values.
    EMPTY_LIST = "EQL016", "a list without values",
        "give the list at least one value";
    /// `not` before an operator that does not take it, such as `like`.
    NOT_BEFORE_MATCH = "EQL017", "`not` before an operator that does not take it",
        r#"write `not` before the whole condition: `not field like "a*"`"#;
    /// A filter without `where`.
    MISSING_WHERE = "EQL018", "a filter without `where`",
        "write `category where condition`, or `any where condition` for every category";
    /// Something other than constants to the right of `:`, `like` or `regex`.
    MATCH_OPERAND = "EQL019", "something other than constants to the right of `:`, `like` or `regex`",
        "write texts there; functions and fields stand on the left";
    /// Grammar that Elasticsearch reads and refuses.
    UNSUPPORTED = "EQL020", "grammar that Elasticsearch reads and refuses",
        "rewrite the query without it; Elasticsearch refuses it too";
    /// A `maxspan` that is no positive whole number with a unit.
    MAXSPAN = "EQL021", "a maxspan that is no positive whole number with a unit",
        "write a whole number and a unit, such as `maxspan=30s`";
    /// `with runs` out of bounds, or another option in its place.
    RUNS = "EQL022", "`with runs` out of bounds, or another option in its place",
        "write `with runs=N`, with N from 1 to 100";
    /// A join key that is no field.
    JOIN_KEY = "EQL023", "a join key that is no field",
        "name a field; compute nothing in a key";
    /// Stages with different numbers of join keys, or a sample without any.
    KEY_COUNT = "EQL024", "stages with different numbers of join keys, or a sample without any",
        "give every stage as many keys as the others";
    /// Too few or too many stages.
    STAGE_COUNT = "EQL025", "too few or too many stages",
        "give a sequence or sample at least two stages";
    /// `![ ]` where it means nothing.
    MISSING_EVENT = "EQL026", "`![ ]` where it means nothing",
        "`![ ]` stands in sequences with `maxspan`, beside at least one stage that is not missing";
    /// A part of a sequence inside a sample.
    SAMPLE = "EQL027", "a part of a sequence inside a sample",
        "use a sequence if order, time or absence matters";
    /// An `until` that is no plain stage.
    UNTIL = "EQL028", "an `until` that is no plain stage",
        "write one stage after `until`, without `runs` and without `!`";
    /// `by` after `with`.
    KEYS_AFTER_OPTION = "EQL029", "`by` after `with`",
        "write `by` first: `sequence by host.id with maxspan=1m`";
    /// A pipe that does not exist, or that is an extension and extensions are off.
    PIPE_NAME = "EQL030", "a pipe that does not exist, or that runs only with `--extensions`",
        "use `head` or `tail`, or run the query with `--extensions`";
    /// A pipe with the wrong arguments, or on a query that takes none.
    PIPE_ARGUMENT = "EQL031", "a pipe with the wrong arguments, or on a query that takes none",
        "give `head` or `tail` one whole number, after an event query or a sequence";
    /// A pipe that reads single events, after a query that gives something else.
    PIPE_QUERY = "EQL032", "a pipe that reads single events, after a sequence",
        "use `head`, `tail` or a `count` without fields, or query for single events";
    /// A field that no mapping has.
    UNKNOWN_FIELD = "EQL050", "a field that no mapping has",
        "correct the name, or write `?name` if the field may be in no mapping";
    /// A field of a type that cannot be searched.
    UNSUPPORTED_FIELD = "EQL051", "a field of a type that cannot be searched",
        "use a field of a type that can be searched, such as a keyword beside a text";
    /// A function that does not exist.
    UNKNOWN_FUNCTION = "EQL052", "a function that does not exist",
        "correct the name; [functions](functions.md) lists all of them";
    /// A call with too few or too many arguments.
    ARGUMENTS = "EQL053", "a call with too few or too many arguments",
        "give the call the arguments that [functions](functions.md) lists for it";
    /// A value of the wrong type.
    TYPE = "EQL054", "a value of the wrong type",
        "write a value of the field's type; `string(..)` and `number(..)` convert";
    /// A comparison of a field with a field.
    FIELD_AGAINST_FIELD = "EQL055", "a comparison of a field with a field",
        "compare each field with constants, or run the query with `--extensions`";
    /// A regular expression that cannot be read.
    REGEX = "EQL056", "a regular expression that cannot be read",
        "correct the expression at the place shown; a backslash makes a sign plain";
    /// A field that sources searched together hold with different types.
    AMBIGUOUS_FIELD = "EQL057", "a field that sources searched together hold with different types",
        "search the sources one by one, or give them mappings that agree";
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
