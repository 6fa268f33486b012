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
/// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
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
/// A pipe that does not exist, or that is an extension and extensions are off.
pub const PIPE_NAME: &str = "EQL030";
/// A pipe with the wrong arguments, or on a query that takes none.
pub const PIPE_ARGUMENT: &str = "EQL031";
/// A pipe that reads single events, after a query that gives something else.
pub const PIPE_QUERY: &str = "EQL032";
/// A field that no mapping has.
pub const UNKNOWN_FIELD: &str = "EQL050";
/// A field of a type that cannot be searched.
pub const UNSUPPORTED_FIELD: &str = "EQL051";
/// A function that does not exist.
pub const UNKNOWN_FUNCTION: &str = "EQL052";
/// A call with too few or too many arguments.
pub const ARGUMENTS: &str = "EQL053";
/// A value of the wrong type.
pub const TYPE: &str = "EQL054";
/// A comparison of a field with a field.
pub const FIELD_AGAINST_FIELD: &str = "EQL055";
/// A regular expression that cannot be read.
pub const REGEX: &str = "EQL056";
/// A field that sources searched together hold with different types.
pub const AMBIGUOUS_FIELD: &str = "EQL057";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (
        QUERY_TOO_LONG,
        "a query that is too long",
        "split the query, or move long lists of values out of it",
    ),
    (
        CHARACTER,
        "a character that has no meaning in EQL",
        "write names with unusual characters in backticks, and text in double quotes",
    ),
    (
        UNCLOSED,
        "a text, a quoted name or a comment that does not end",
        "close it on the line where it begins; a comment ends with `*/`",
    ),
    (
        ESCAPE,
        "a backslash in a text that begins no known escape",
        "double the backslash, or write the text raw between three double quotes",
    ),
    (
        QUOTES,
        "a text in quotes of another kind",
        "use double quotes; three of them for text in which backslashes mean nothing",
    ),
    (
        NUMBER,
        "a number that no type can hold",
        "write a number that fits 64 bits, or compare text with text",
    ),
    (
        TOO_DEEP,
        "an expression that is nested too deep",
        "flatten the query: a list after `in`, `:` or `like` replaces a chain of `or`",
    ),
    (
        TOO_MANY_ERRORS,
        "more errors than are reported at once",
        "correct the errors that are shown, then look again",
    ),
    (
        UNEXPECTED,
        "something that cannot stand where it stands",
        "the message says what may stand there instead",
    ),
    (
        FOREIGN_OPERATOR,
        "an operator of another language",
        "use EQL's own operators: `==`, `!=`, `and`, `or`, `not`, `:`, `like`, `regex`",
    ),
    (KEYWORD_CASE, "a keyword that is not in lower case", "write keywords in lower case"),
    (RESERVED, "a keyword where a name has to stand", "put the name in backticks if it is a field"),
    (CHAINED, "a comparison of a comparison", "write two comparisons joined by `and`"),
    (
        UNBALANCED,
        "a parenthesis or bracket that is not closed, or was never opened",
        "add its partner, or remove it",
    ),
    (EMPTY_LIST, "a list without values", "give the list at least one value"),
    (
        NOT_BEFORE_MATCH,
        "`not` before an operator that does not take it",
        r#"write `not` before the whole condition: `not field like "a*"`"#,
    ),
    (
        MISSING_WHERE,
        "a filter without `where`",
        "write `category where condition`, or `any where condition` for every category",
    ),
    (
        MATCH_OPERAND,
        "something other than constants to the right of `:`, `like` or `regex`",
        "write texts there; functions and fields stand on the left",
    ),
    (
        UNSUPPORTED,
        "grammar that Elasticsearch reads and refuses",
        "rewrite the query without it; Elasticsearch refuses it too",
    ),
    (
        MAXSPAN,
        "a maxspan that is no positive whole number with a unit",
        "write a whole number and a unit, such as `maxspan=30s`",
    ),
    (
        RUNS,
        "`with runs` out of bounds, or another option in its place",
        "write `with runs=N`, with N from 1 to 100",
    ),
    (JOIN_KEY, "a join key that is no field", "name a field; compute nothing in a key"),
    (
        KEY_COUNT,
        "stages with different numbers of join keys, or a sample without any",
        "give every stage as many keys as the others",
    ),
    (STAGE_COUNT, "too few or too many stages", "give a sequence or sample at least two stages"),
    (
        MISSING_EVENT,
        "`![ ]` where it means nothing",
        "`![ ]` stands in sequences with `maxspan`, beside at least one stage that is not missing",
    ),
    (
        SAMPLE,
        "a part of a sequence inside a sample",
        "use a sequence if order, time or absence matters",
    ),
    (
        UNTIL,
        "an `until` that is no plain stage",
        "write one stage after `until`, without `runs` and without `!`",
    ),
    (
        KEYS_AFTER_OPTION,
        "`by` after `with`",
        "write `by` first: `sequence by host.id with maxspan=1m`",
    ),
    (
        PIPE_NAME,
        "a pipe that does not exist, or that runs only with `--extensions`",
        "use `head` or `tail`, or run the query with `--extensions`",
    ),
    (
        PIPE_ARGUMENT,
        "a pipe with the wrong arguments, or on a query that takes none",
        "give `head` or `tail` one whole number, after an event query or a sequence",
    ),
    (
        PIPE_QUERY,
        "a pipe that reads single events, after a sequence",
        "use `head`, `tail` or a `count` without fields, or query for single events",
    ),
    (
        UNKNOWN_FIELD,
        "a field that no mapping has",
        "correct the name, or write `?name` if the field may be in no mapping",
    ),
    (
        UNSUPPORTED_FIELD,
        "a field of a type that cannot be searched",
        "use a field of a type that can be searched, such as a keyword beside a text",
    ),
    (
        UNKNOWN_FUNCTION,
        "a function that does not exist",
        "correct the name; [functions](functions.md) lists all of them",
    ),
    (
        ARGUMENTS,
        "a call with too few or too many arguments",
        "give the call the arguments that [functions](functions.md) lists for it",
    ),
    (
        TYPE,
        "a value of the wrong type",
        "write a value of the field's type; `string(..)` and `number(..)` convert",
    ),
    (
        FIELD_AGAINST_FIELD,
        "a comparison of a field with a field",
        "compare each field with constants, or run the query with `--extensions`",
    ),
    (
        REGEX,
        "a regular expression that cannot be read",
        "correct the expression at the place shown; a backslash makes a sign plain",
    ),
    (
        AMBIGUOUS_FIELD,
        "a field that sources searched together hold with different types",
        "search the sources one by one, or give them mappings that agree",
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
