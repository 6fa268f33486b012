//! The codes of this crate's diagnostics. A code that was ever released is never used for anything else.
//!
//! Codes below `ESQL050` mean that the query cannot be read, the others that its names or types do not fit.

brokerwatch_expr::codes! {
    /// A query that is longer than [`brokerwatch_expr::limits::QUERY_BYTES_MAX`].
    QUERY_TOO_LONG = "ESQL001", "a query that is too long",
        "split the query, or move long lists of values into a lookup";
    /// A character that has no meaning in ES|QL.
    CHARACTER = "ESQL002", "a character that has no meaning in ES|QL",
        "write names with unusual characters in backticks, and text in double quotes";
    /// A text, a quoted name or a comment that does not end.
    UNCLOSED = "ESQL003", "a text, a quoted name or a comment that does not end",
        "close a text on the line where it begins; a comment ends with `*/`";
    /// A backslash in a text that begins no known escape.
    ESCAPE = "ESQL004", "a backslash in a text that begins no known escape",
        "double the backslash, or write the text raw between three double quotes";
    /// A text in quotes of another kind.
    QUOTES = "ESQL005", "a text in quotes of another kind",
        "use double quotes; three of them for text in which backslashes mean nothing";
    /// A number that no type can hold.
    NUMBER = "ESQL006", "a number that no type can hold",
        "write a number that a double can hold";
    /// Nesting deeper than [`brokerwatch_expr::limits::DEPTH_MAX`].
    TOO_DEEP = "ESQL007", "an expression or a subquery that is nested too deep",
        "flatten the query: a list after `IN` or `LIKE` replaces a chain of `OR`";
    /// More errors than [`brokerwatch_expr::limits::ERRORS_MAX`].
    TOO_MANY_ERRORS = "ESQL008", "more errors than are reported at once",
        "correct the errors that are shown, then look again";
    /// More commands than [`crate::limits::COMMANDS_MAX`].
    TOO_MANY_COMMANDS = "ESQL009", "more commands than one query may have",
        "put several columns or conditions into one command";
    /// Something that cannot stand where it stands.
    UNEXPECTED = "ESQL010", "something that cannot stand where it stands",
        "the message says what may stand there instead";
    /// An operator of another language.
    FOREIGN_OPERATOR = "ESQL011", "an operator of another language",
        "use ES|QL's own operators: `==`, `!=`, `AND`, `OR`, `NOT`, `LIKE`, `RLIKE`";
    /// A keyword where a name has to stand.
    RESERVED = "ESQL012", "a keyword where a name has to stand",
        "put the name in backticks if it is a column";
    /// A comparison of a comparison, such as `a < b < c`.
    CHAINED = "ESQL013", "a comparison of a comparison",
        "write two comparisons joined by `AND`";
    /// A parenthesis or bracket that is not closed, or was never opened.
    UNBALANCED = "ESQL014", "a parenthesis or bracket that is not closed, or was never opened",
        "add its partner, or remove it";
    /// A list without values.
    EMPTY_LIST = "ESQL015", "a list without values",
        "give the list at least one value";
    /// A list of constants of different kinds.
    MIXED_LIST = "ESQL016", "a list of constants of different kinds",
        "write numbers only, texts only, or `true` and `false` only";
    /// A unit of time that does not exist.
    UNIT = "ESQL017", "a unit of time that does not exist",
        "write a unit such as `ms`, `s`, `m`, `h`, `d`, `w`, `mo`, `q` or `y`";
    /// A command that does not exist.
    UNKNOWN_COMMAND = "ESQL018", "a command that does not exist",
        "correct the name; the message has the commands that are close";
    /// A command that cannot stand at the beginning, or only there.
    COMMAND_PLACE = "ESQL019", "a command that cannot stand at the beginning, or only there",
        "begin the query with `FROM` or `ROW`, and process its rows behind `|`";
    /// A command without anything to do.
    EMPTY_COMMAND = "ESQL020", "a command without anything to do",
        "give `STATS` an aggregate, or columns behind `BY`";
    /// A wildcard where one column has to be named.
    WILDCARD = "ESQL021", "a wildcard where one column has to be named",
        "name the column; `KEEP`, `DROP` and `RENAME` take wildcards";
    /// The name of a source that cannot be read.
    SOURCE = "ESQL022", "the name of a source that cannot be read",
        "put the whole name in double quotes: `\"cluster:index\"`";
    /// An option that the command does not have, or has already.
    OPTION = "ESQL023", "an option that the command does not have, or has already",
        "give each option once; the message names those that exist";
    /// Something other than texts in the list of `LIKE` or `RLIKE`.
    PATTERN_LIST = "ESQL024", "something other than texts in the list of `LIKE` or `RLIKE`",
        "write texts in the list; a computed pattern stands alone, without a list";
    /// Something that cannot stand on its side of `:`.
    MATCH_OPERAND = "ESQL025", "something that cannot stand on its side of `:`",
        "write a column to the left and a constant to the right";
    /// More branches than [`crate::limits::BRANCHES_MAX`].
    BRANCHES = "ESQL026", "more branches than one `FORK` may have",
        "run several queries";
    /// `WHERE` behind something without an aggregate function.
    AGGREGATE_FILTER = "ESQL027", "`WHERE` behind something without an aggregate function",
        "filter an aggregate such as `COUNT(*)`, or all rows in a `WHERE` of its own";
    /// A column that there is not.
    UNKNOWN_COLUMN = "ESQL050", "a column that there is not",
        "correct the name; the message has the names that are close";
    /// An index, lookup table or policy that there is not.
    UNKNOWN_TABLE = "ESQL051", "an index, lookup table or policy that there is not",
        "name its files with `--source` or `--lookup`";
    /// A function that does not exist.
    UNKNOWN_FUNCTION = "ESQL052", "a function that does not exist",
        "correct the name; the message has the names that are close";
    /// A call with too few or too many arguments.
    ARITY = "ESQL053", "a call with too few or too many arguments",
        "the message says what the function takes";
    /// A value of a type that cannot be used there.
    TYPE = "ESQL054", "a value of a type that cannot be used there",
        "convert it with a `TO_...` function or `::type`";
    /// A text that does not read as what it has to be.
    LITERAL = "ESQL055", "a text that does not read as what it has to be",
        "write the value as the message says";
    /// A value that has to be known before the query runs.
    NOT_CONSTANT = "ESQL056", "a value that has to be known before the query runs",
        "write a constant";
    /// A type that there is not.
    CAST = "ESQL057", "a type that there is not",
        "the message names the types";
    /// A parameter without a value, or with one that cannot stand there.
    PARAMETER = "ESQL058", "a parameter without a value, or with one that cannot stand there",
        "give it with `--params`";
    /// A setting, or a value of one, that there is not.
    SETTING = "ESQL059", "a setting, or a value of one, that there is not",
        "leave it out, or write one that the message names";
    /// A constant that an aggregate cannot use.
    AGGREGATE_ARGUMENT = "ESQL060", "a constant that an aggregate cannot use",
        "the message says what it takes";
    /// A column beside aggregates that is not grouped by.
    UNGROUPED = "ESQL061", "a column beside aggregates that is not grouped by",
        "add it behind `BY`, or aggregate it";
    /// Something that cannot stand in this command.
    NOT_HERE = "ESQL062", "something that cannot stand in this command",
        "the message says where it can stand";
    /// Something of Elasticsearch that this program does not have.
    NOT_IMPLEMENTED = "ESQL063", "something of Elasticsearch that this program does not have",
        "the message names another way";
    /// A plan that the engine does not take: a fault of the program.
    REFUSED = "ESQL064", "a plan that the engine does not take: a fault of the program",
        "write the query in another form, and report it";
    /// A constant argument that the function cannot work with.
    ARGUMENT = "ESQL065", "a constant argument that the function cannot work with",
        "the message says what it takes";
    /// A pattern that cannot be read.
    PATTERN = "ESQL066", "a pattern that cannot be read",
        "correct the pattern; the message has the place";
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
}
