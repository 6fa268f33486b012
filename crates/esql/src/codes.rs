//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Codes below `ESQL050` mean that the query cannot be read, the others that its names or types do not fit.

/// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
pub const QUERY_TOO_LONG: &str = "ESQL001";
/// A character that has no meaning in ES|QL.
pub const CHARACTER: &str = "ESQL002";
/// A text, a quoted name or a comment that does not end.
pub const UNCLOSED: &str = "ESQL003";
/// A backslash in a text that begins no known escape.
pub const ESCAPE: &str = "ESQL004";
/// A text in quotes of another kind.
pub const QUOTES: &str = "ESQL005";
/// A number that no type can hold.
pub const NUMBER: &str = "ESQL006";
/// Nesting deeper than [`brokerwatch_expr::limits::DEPTH_MAX`].
pub const TOO_DEEP: &str = "ESQL007";
/// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
pub const TOO_MANY_ERRORS: &str = "ESQL008";
/// More commands than [`crate::limits::COMMANDS_MAX`].
pub const TOO_MANY_COMMANDS: &str = "ESQL009";
/// Something that cannot stand where it stands.
pub const UNEXPECTED: &str = "ESQL010";
/// An operator of another language.
pub const FOREIGN_OPERATOR: &str = "ESQL011";
/// A keyword where a name has to stand.
pub const RESERVED: &str = "ESQL012";
/// A comparison of a comparison, such as `a < b < c`.
pub const CHAINED: &str = "ESQL013";
/// A parenthesis or bracket that is not closed, or was never opened.
pub const UNBALANCED: &str = "ESQL014";
/// A list without values.
pub const EMPTY_LIST: &str = "ESQL015";
/// A list of constants of different kinds.
pub const MIXED_LIST: &str = "ESQL016";
/// A unit of time that does not exist.
pub const UNIT: &str = "ESQL017";
/// A command that does not exist.
pub const UNKNOWN_COMMAND: &str = "ESQL018";
/// A command that cannot stand at the beginning, or only there.
pub const COMMAND_PLACE: &str = "ESQL019";
/// A command without anything to do.
pub const EMPTY_COMMAND: &str = "ESQL020";
/// A wildcard where one column has to be named.
pub const WILDCARD: &str = "ESQL021";
/// The name of a source that cannot be read.
pub const SOURCE: &str = "ESQL022";
/// An option that the command does not have, or has already.
pub const OPTION: &str = "ESQL023";
/// Something other than texts in the list of `LIKE` or `RLIKE`.
pub const PATTERN_LIST: &str = "ESQL024";
/// Something that cannot stand on its side of `:`.
pub const MATCH_OPERAND: &str = "ESQL025";
/// More branches than [`crate::limits::BRANCHES_MAX`].
pub const BRANCHES: &str = "ESQL026";
/// `WHERE` behind something without an aggregate function.
pub const AGGREGATE_FILTER: &str = "ESQL027";
/// A column that there is not.
pub const UNKNOWN_COLUMN: &str = "ESQL050";
/// An index, lookup table or policy that there is not.
pub const UNKNOWN_TABLE: &str = "ESQL051";
/// A function that does not exist.
pub const UNKNOWN_FUNCTION: &str = "ESQL052";
/// A call with too few or too many arguments.
pub const ARITY: &str = "ESQL053";
/// A value of a type that cannot be used there.
pub const TYPE: &str = "ESQL054";
/// A text that does not read as what it has to be.
pub const LITERAL: &str = "ESQL055";
/// A value that has to be known before the query runs.
pub const NOT_CONSTANT: &str = "ESQL056";
/// A type that there is not.
pub const CAST: &str = "ESQL057";
/// A parameter without a value, or with one that cannot stand there.
pub const PARAMETER: &str = "ESQL058";
/// A setting, or a value of one, that there is not.
pub const SETTING: &str = "ESQL059";
/// A constant that an aggregate cannot use.
pub const AGGREGATE_ARGUMENT: &str = "ESQL060";
/// A column beside aggregates that is not grouped by.
pub const UNGROUPED: &str = "ESQL061";
/// Something that cannot stand in this command.
pub const NOT_HERE: &str = "ESQL062";
/// Something of Elasticsearch that this program does not have.
pub const NOT_IMPLEMENTED: &str = "ESQL063";
/// A plan that the engine does not take: a fault of the program.
pub const REFUSED: &str = "ESQL064";
/// A constant argument that the function cannot work with.
pub const ARGUMENT: &str = "ESQL065";
/// A pattern that cannot be read.
pub const PATTERN: &str = "ESQL066";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (
        QUERY_TOO_LONG,
        "a query that is too long",
        "split the query, or move long lists of values into a lookup",
    ),
    (
        CHARACTER,
        "a character that has no meaning in ES|QL",
        "write names with unusual characters in backticks, and text in double quotes",
    ),
    (
        UNCLOSED,
        "a text, a quoted name or a comment that does not end",
        "close a text on the line where it begins; a comment ends with `*/`",
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
    (NUMBER, "a number that no type can hold", "write a number that a double can hold"),
    (
        TOO_DEEP,
        "an expression or a subquery that is nested too deep",
        "flatten the query: a list after `IN` or `LIKE` replaces a chain of `OR`",
    ),
    (
        TOO_MANY_ERRORS,
        "more errors than are reported at once",
        "correct the errors that are shown, then look again",
    ),
    (
        TOO_MANY_COMMANDS,
        "more commands than one query may have",
        "put several columns or conditions into one command",
    ),
    (
        UNEXPECTED,
        "something that cannot stand where it stands",
        "the message says what may stand there instead",
    ),
    (
        FOREIGN_OPERATOR,
        "an operator of another language",
        "use ES|QL's own operators: `==`, `!=`, `AND`, `OR`, `NOT`, `LIKE`, `RLIKE`",
    ),
    (
        RESERVED,
        "a keyword where a name has to stand",
        "put the name in backticks if it is a column",
    ),
    (CHAINED, "a comparison of a comparison", "write two comparisons joined by `AND`"),
    (
        UNBALANCED,
        "a parenthesis or bracket that is not closed, or was never opened",
        "add its partner, or remove it",
    ),
    (EMPTY_LIST, "a list without values", "give the list at least one value"),
    (
        MIXED_LIST,
        "a list of constants of different kinds",
        "write numbers only, texts only, or `true` and `false` only",
    ),
    (
        UNIT,
        "a unit of time that does not exist",
        "write a unit such as `ms`, `s`, `m`, `h`, `d`, `w`, `mo`, `q` or `y`",
    ),
    (
        UNKNOWN_COMMAND,
        "a command that does not exist",
        "correct the name; the message has the commands that are close",
    ),
    (
        COMMAND_PLACE,
        "a command that cannot stand at the beginning, or only there",
        "begin the query with `FROM` or `ROW`, and process its rows behind `|`",
    ),
    (
        EMPTY_COMMAND,
        "a command without anything to do",
        "give `STATS` an aggregate, or columns behind `BY`",
    ),
    (
        WILDCARD,
        "a wildcard where one column has to be named",
        "name the column; `KEEP`, `DROP` and `RENAME` take wildcards",
    ),
    (
        SOURCE,
        "the name of a source that cannot be read",
        "put the whole name in double quotes: `\"cluster:index\"`",
    ),
    (
        OPTION,
        "an option that the command does not have, or has already",
        "give each option once; the message names those that exist",
    ),
    (
        PATTERN_LIST,
        "something other than texts in the list of `LIKE` or `RLIKE`",
        "write texts in the list; a computed pattern stands alone, without a list",
    ),
    (
        MATCH_OPERAND,
        "something that cannot stand on its side of `:`",
        "write a column to the left and a constant to the right",
    ),
    (BRANCHES, "more branches than one `FORK` may have", "run several queries"),
    (
        AGGREGATE_FILTER,
        "`WHERE` behind something without an aggregate function",
        "filter an aggregate such as `COUNT(*)`, or all rows in a `WHERE` of its own",
    ),
    (
        UNKNOWN_COLUMN,
        "a column that there is not",
        "correct the name; the message has the names that are close",
    ),
    (
        UNKNOWN_TABLE,
        "an index, lookup table or policy that there is not",
        "name its files with `--source` or `--lookup`",
    ),
    (
        UNKNOWN_FUNCTION,
        "a function that does not exist",
        "correct the name; the message has the names that are close",
    ),
    (
        ARITY,
        "a call with too few or too many arguments",
        "the message says what the function takes",
    ),
    (
        TYPE,
        "a value of a type that cannot be used there",
        "convert it with a `TO_...` function or `::type`",
    ),
    (
        LITERAL,
        "a text that does not read as what it has to be",
        "write the value as the message says",
    ),
    (NOT_CONSTANT, "a value that has to be known before the query runs", "write a constant"),
    (CAST, "a type that there is not", "the message names the types"),
    (
        PARAMETER,
        "a parameter without a value, or with one that cannot stand there",
        "give it with `--params`",
    ),
    (
        SETTING,
        "a setting, or a value of one, that there is not",
        "leave it out, or write one that the message names",
    ),
    (
        AGGREGATE_ARGUMENT,
        "a constant that an aggregate cannot use",
        "the message says what it takes",
    ),
    (
        UNGROUPED,
        "a column beside aggregates that is not grouped by",
        "add it behind `BY`, or aggregate it",
    ),
    (
        NOT_HERE,
        "something that cannot stand in this command",
        "the message says where it can stand",
    ),
    (
        NOT_IMPLEMENTED,
        "something of Elasticsearch that this program does not have",
        "the message names another way",
    ),
    (
        REFUSED,
        "a plan that the engine does not take: a fault of the program",
        "write the query in another form, and report it",
    ),
    (
        ARGUMENT,
        "a constant argument that the function cannot work with",
        "the message says what it takes",
    ),
    (PATTERN, "a pattern that cannot be read", "correct the pattern; the message has the place"),
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
}
