//! What is refused, where, in which words, and with which way out.

use brokerwatch_esql::parse;
use expect_test::{Expect, expect};

use crate::render;

/// The query is refused, and this is said of it.
#[track_caller]
fn check(query: &str, expected: Expect) {
    let errors = parse(query).expect_err("the query is refused");
    expected.assert_eq(&render(query, &errors));
}

#[test]
fn characters_and_texts() {
    check(
        r#"FROM a | WHERE b == "x"#,
        expect![[r#"
        1:21 ESQL003 the text has no end: `"x`
          at `"x`
          help: close the text with `"` on the same line
    "#]],
    );
    check(
        r#"FROM a | WHERE b == "C:\dir\" AND c == 1"#,
        expect![[r#"
        1:21 ESQL003 the text has no end: `"C:\dir\" AND c == 1`
          at `"C:\dir\" AND c == 1`
          help: `\"` is a quote inside the text; a backslash at its end is written `\\`
    "#]],
    );
    check(
        r#"FROM a | WHERE b == "C:\Windows\*""#,
        expect![[r#"
        1:24 ESQL004 unknown escape `\W`
          at `\W`
          help: the escapes are `\t`, `\n`, `\r`, `\"` and `\\`; between `"""` a backslash means itself
    "#]],
    );
    check(
        r#"FROM a | WHERE b == """x | LIMIT 1"#,
        expect![[r#"
        1:21 ESQL003 the text has no end: `"""x | LIMIT 1`
          at `"""x | LIMIT 1`
          help: close the text with `"""` on the same line
    "#]],
    );
    check(
        "FROM a | WHERE b == 'x' AND c == 'y\\z'",
        expect![[r#"
        1:21 ESQL005 the text stands in single quotes: `'x'`
          at `'x'`
          help: write `"x"`
        1:34 ESQL005 the text stands in single quotes: `'y\z'`
          at `'y\z'`
          help: write `"""y\z"""`
    "#]],
    );
    check(
        "FROM a | WHERE b == “x” AND `c == 1",
        expect![[r#"
        1:21 ESQL005 the text stands in typographic quotes: `“x”`
          at `“x”`
          help: use straight double quotes, as in `"text"`
        1:29 ESQL003 the name has no end: ``c == 1`
          at ``c == 1`
          help: close the name with a backtick
    "#]],
    );
    check(
        "FROM a | WHERE größe == 1 AND b == §",
        expect![[r#"
        1:18 ESQL002 letters that no name has without backticks: `öße`
          at `öße`
          help: a name with letters outside a-z stands between backticks, and a text between double quotes
        1:36 ESQL002 unknown character `§`
          at `§`
          help: remove it; a text stands between double quotes, and a name with such a character between backticks
    "#]],
    );
    check(
        "FROM a | WHERE b\u{a0}== 1 /* open",
        expect![[r#"
        1:17 ESQL002 a blank that is none
          at ` `
          help: an invisible character stands here; replace it with a plain blank
        1:23 ESQL003 the comment has no end
          at `/*`
          help: close the comment with `*/`; a comment inside it needs its own `*/`
    "#]],
    );
    check(
        "FROM a | WHERE `` == 1 AND _ == 2 # three",
        expect![[r#"
        1:16 ESQL002 the name is empty
          at ````
          help: a name has at least one character between its backticks
        1:28 ESQL002 a name needs more than `_`
          at `_`
          help: a name that is only this mark stands between backticks
        1:35 ESQL002 unknown character `#`
          at `#`
          help: a comment begins with `//`
    "#]],
    );
    check(
        "FROM a | KEEP _, b, `c",
        expect![[r#"
        1:15 ESQL002 a name needs more than `_`
          at `_`
          help: a name that is only this mark stands between backticks
        1:21 ESQL003 the name has no end: ``c`
          at ``c`
          help: close the name with a backtick
    "#]],
    );
}

#[test]
fn operators_of_other_languages() {
    check(
        "FROM a | WHERE b = 1 AND c === 2 AND d <> 3 && e !== 4",
        expect![[r#"
        1:18 ESQL011 expected `==`, found `=`
          at `=`
          help: use `==` for equality
        1:28 ESQL011 unknown operator `===`
          at `===`
          help: use `==` for equality
        1:40 ESQL011 unknown operator `<>`
          at `<>`
          help: use `!=` for inequality
        1:45 ESQL011 unknown operator `&&`
          at `&&`
          help: use `AND`
        1:50 ESQL011 unknown operator `!==`
          at `!==`
          help: use `!=` for inequality
    "#]],
    );
    check(
        "FROM a | WHERE b =~ \"x\" || c == 1",
        expect![[r#"
        1:18 ESQL011 unknown operator `=~`
          at `=~`
          help: compare without regard to case as in `TO_LOWER(name) == "text"`
        1:25 ESQL011 unknown operator `||`
          at `||`
          help: use `OR`; a command follows a single `|`
    "#]],
    );
    check(
        "FROM a | WHERE ! b",
        expect![[r#"
            1:16 ESQL011 unknown operator `!`
              at `!`
              help: use `NOT` for negation
        "#]],
    );
    check(
        "FROM a | WHERE b contains \"x\" AND c = 1",
        expect![[r#"
        1:18 ESQL010 expected `|` or the end of the query, found `contains`
          at `contains`
          help: use `CONTAINS(text, part)` or `LIKE "*part*"`
        1:37 ESQL011 expected `==`, found `=`
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "FROM a | WHERE b BETWEEN 1 AND 2",
        expect![[r#"
        1:18 ESQL010 expected `|` or the end of the query, found `BETWEEN`
          at `BETWEEN`
          help: write two comparisons joined by `AND`
    "#]],
    );
    check(
        "FROM a | WHERE b startswith \"x\"",
        expect![[r#"
        1:18 ESQL010 expected `|` or the end of the query, found `startswith`
          at `startswith`
          help: use `STARTS_WITH(text, start)`
    "#]],
    );
    check(
        "FROM a | WHERE b IS \"x\"",
        expect![[r#"
        1:21 ESQL010 expected `NULL` or `NOT NULL`, found `"x"`
          at `"x"`
          help: `IS` tests for `NULL` only; compare values with `==`
    "#]],
    );
    check(
        "FROM a | WHERE b matches \"x\"",
        expect![[r#"
        1:18 ESQL010 expected `|` or the end of the query, found `matches`
          at `matches`
          help: use `RLIKE "..."`, or `LIKE "..."` for wildcards
    "#]],
    );
}

#[test]
fn conditions() {
    check(
        "FROM a | WHERE",
        expect![[r#"
        1:15 ESQL010 expected a value, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | WHERE b == | LIMIT 1",
        expect![[r#"
        1:21 ESQL010 expected a value, found `|`
          at `|`
    "#]],
    );
    check(
        "FROM a | WHERE b == 1 c == 2",
        expect![[r#"
            1:23 ESQL010 expected `|` or the end of the query, found `c`
              at `c`
              help: conditions are joined with `AND` or `OR`, and columns are parted by commas
        "#]],
    );
    check(
        "FROM a | WHERE b == 1 adn c == 2",
        expect![[r#"
            1:23 ESQL017 unknown unit of time `adn`
              at `adn`
              help: did you mean `and`?
        "#]],
    );
    check(
        "FROM a | WHERE b == c adn d",
        expect![[r#"
        1:23 ESQL010 expected `|` or the end of the query, found `adn`
          at `adn`
          help: did you mean `AND`?
    "#]],
    );
    check(
        "FROM a | WHERE 1 < b < 3 AND c = 1",
        expect![[r#"
        1:22 ESQL013 expected `AND` or `OR`, found `<`
          at `<`
          help: a comparison takes two values; join two comparisons with `AND`
        1:32 ESQL011 expected `==`, found `=`
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "FROM a | WHERE b IN c",
        expect![[r#"
        1:21 ESQL010 expected `(`, found `c`
          at `c`
          help: a list stands in parentheses: `IN (c)`
    "#]],
    );
    check(
        "FROM a | WHERE b IN ()",
        expect![[r#"
        1:21 ESQL015 the list is empty
          at `()`
          help: a list holds at least one value
    "#]],
    );
    check(
        "FROM a | WHERE b IN (1, 2",
        expect![[r#"
        1:26 ESQL014 expected `,` or `)`, found the end
          at ``
          at `(` opened here
          help: close the parenthesis with `)`
    "#]],
    );
    check(
        "FROM a | WHERE b IN (1 2)",
        expect![[r#"
            1:24 ESQL010 expected `,` or `)`, found `2`
              at `2`
              at `(` opened here
              help: values in a list are parted by commas
        "#]],
    );
    check(
        "FROM a | WHERE b IN (1) IN (2)",
        expect![[r#"
        1:25 ESQL010 expected `|` or the end of the query, found `IN`
          at `IN`
          help: one value takes one such operator; join two conditions with `AND` or `OR`
    "#]],
    );
    check(
        "FROM a | WHERE (b OR c",
        expect![[r#"
        1:23 ESQL014 expected `)`, found the end
          at ``
          at `(` opened here
          help: close the parenthesis with `)`
    "#]],
    );
    check(
        "FROM a | WHERE b OR c)",
        expect![[r#"
        1:22 ESQL014 expected `|` or the end of the query, found `)`
          at `)`
          help: no parenthesis is open here; remove this one
    "#]],
    );
    check(
        "FROM a | WHERE ()",
        expect![[r#"
        1:17 ESQL010 expected a value, found `)`
          at `)`
    "#]],
    );
    check(
        "FROM a | WHERE b LIKE (\"x\", c)",
        expect![[r#"
        1:29 ESQL024 expected a text, found `c`
          at `c`
          help: a list of patterns holds texts; a computed pattern stands alone
    "#]],
    );
    check(
        "FROM a | WHERE b LIKE ()",
        expect![[r#"
        1:23 ESQL015 the list is empty
          at `()`
          help: a list holds at least one text
    "#]],
    );
    check(
        "FROM a | WHERE b + 1 : \"x\"",
        expect![[r#"
        1:22 ESQL025 expected a column before `:`, found `:`
          at `:`
          help: put parentheses round it, or join two conditions with `AND`
    "#]],
    );
    check(
        "FROM a | WHERE b : c",
        expect![[r#"
        1:20 ESQL025 expected a constant, found `c`
          at `c`
          help: the right side of `:` is a constant; values are compared with `==`
    "#]],
    );
    check(
        "FROM a | WHERE b NOT == 1",
        expect![[r#"
        1:18 ESQL010 expected `|` or the end of the query, found `NOT`
          at `NOT`
          help: `NOT` stands before the whole condition, or before `IN`, `LIKE` or `RLIKE`
    "#]],
    );
    check(
        "FROM a | WHERE b[0] == 1",
        expect![[r#"
        1:17 ESQL010 expected `|` or the end of the query, found `[`
          at `[`
          help: a field is one column with all its values; `MV_SLICE` takes some of them
    "#]],
    );
    check(
        "FROM a | WHERE desc == 1 AND by IS NULL AND host.by == 2",
        expect![[r#"
        1:16 ESQL012 expected the name of a column, found `desc`
          at `desc`
          help: `desc` is a keyword; as a name it stands between backticks
        1:30 ESQL012 expected the name of a column, found `by`
          at `by`
          help: `by` is a keyword; as a name it stands between backticks
        1:50 ESQL012 expected the name of a column, found `by`
          at `by`
          help: `by` is a keyword; as a name it stands between backticks
    "#]],
    );
    check(
        "FROM a | WHERE 4chan == 1 AND b.1c == 2",
        expect![[r#"
            1:17 ESQL010 expected `|` or the end of the query, found `chan`
              at `chan`
              help: a name that begins with a digit stands between backticks
            1:32 ESQL010 expected a name, found `.1`
              at `.1`
              help: a part of a name that begins with a digit stands between backticks
        "#]],
    );
    check(
        "FROM a | WHERE b == 1;",
        expect![[r#"
        1:22 ESQL010 expected `|` or the end of the query, found `;`
          at `;`
          help: a query needs no `;` at its end
    "#]],
    );
}

#[test]
fn constants_and_calls() {
    check(
        "ROW a = [], b = [1, \"x\"], c = [d], e = [1 2]",
        expect![[r#"
            1:9 ESQL015 the list is empty
              at `[]`
              help: a list holds at least one value
            1:21 ESQL016 a list holds values of one kind
              at `"x"`
              help: write numbers only, texts only, or `true` and `false` only
            1:32 ESQL010 expected a constant, found `d`
              at `d`
              help: a list in brackets holds numbers, texts, or `true` and `false`; lists of columns stand in parentheses
            1:43 ESQL010 expected `,` or `]`, found `2`
              at `2`
              at `[` opened here
              help: values in a list are parted by commas
        "#]],
    );
    check(
        "ROW a = [1 day], b = 7 dayz, c = 7 parsecs",
        expect![[r#"
        1:10 ESQL016 a list holds values of one kind
          at `1`
          help: write numbers only, texts only, or `true` and `false` only
        1:24 ESQL017 unknown unit of time `dayz`
          at `dayz`
          help: did you mean `day`?
        1:36 ESQL017 unknown unit of time `parsecs`
          at `parsecs`
          help: the units are `ms`, `s`, `m`, `h`, `d`, `w`, `mo`, `q` and `y`, and their long names
    "#]],
    );
    check(
        "ROW a = 1e999, b = 99999999999999999999 days",
        expect![[r#"
        1:9 ESQL006 the number `1e999` is too large
          at `1e999`
          help: the largest number is about 1.8e308
        1:20 ESQL006 `99999999999999999999` is too large for a timespan
          at `99999999999999999999`
          help: write a count that fits 63 bits, or use a larger unit
    "#]],
    );
    check(
        "ROW a = f(b, {\"c\": d}), g = h({\"i\": 1}), j = f(b, {c: 1})",
        expect![[r#"
            1:20 ESQL010 expected a constant, found `d`
              at `d`
            1:31 ESQL010 expected a value, found `{`
              at `{`
              help: options stand at the end of a call, behind its values
            1:52 ESQL010 expected an option in double quotes, found `c`
              at `c`
              help: write `"c"`
        "#]],
    );
    check(
        "ROW a = f(*, b), c = f(b, {\"d\": 1",
        expect![[r#"
        1:11 ESQL010 expected a value, found `*`
          at `*`
          help: `*` stands alone in `COUNT(*)`, and in the patterns of `KEEP` and `DROP`
        1:34 ESQL014 expected `,` or `}`, found the end
          at ``
          at `{` opened here
          help: close the options with `}`
    "#]],
    );
    check(
        "ROW a = b::, c = b::null",
        expect![[r#"
        1:12 ESQL010 expected a type such as `integer` or `ip`, found `,`
          at `,`
        1:21 ESQL012 expected a type such as `integer` or `ip`, found `null`
          at `null`
          help: `null` is a keyword; as a name it stands between backticks
    "#]],
    );
}

#[test]
fn commands() {
    check(
        "",
        expect![[r#"
        1:1 ESQL010 expected a source such as `FROM`, found the end
          at ``
    "#]],
    );
    check(
        "  // nothing",
        expect![[r#"
        1:1 ESQL010 expected a source such as `FROM`, found the end
          at ``
    "#]],
    );
    check(
        "FRM a | LIMIT 1",
        expect![[r#"
        1:1 ESQL018 unknown command `FRM`
          at `FRM`
          help: did you mean `FROM`?
    "#]],
    );
    check(
        "WHERE a == 1 | LIMIT 1",
        expect![[r#"
        1:1 ESQL019 `WHERE` cannot begin a query
          at `WHERE`
          help: a query begins with a source, such as `FROM logs-*`
    "#]],
    );
    check(
        "| WHERE a == 1",
        expect![[r#"
        1:1 ESQL010 expected a source such as `FROM`, found `|`
          at `|`
    "#]],
    );
    check(
        "FROM a | FROM b",
        expect![[r#"
        1:10 ESQL019 `FROM` can only begin a query
          at `FROM`
          help: sources stand in one list behind `FROM`; `LOOKUP JOIN` and `ENRICH` add columns
    "#]],
    );
    check(
        "FROM a | WHER b == 1 | LMIT 5 | EVAL c = ",
        expect![[r#"
        1:10 ESQL018 unknown command `WHER`
          at `WHER`
          help: did you mean `WHERE`?
        1:24 ESQL018 unknown command `LMIT`
          at `LMIT`
          help: did you mean `LIMIT`?
        1:41 ESQL010 expected a value, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | FILTER b == 1 | HEAD 5",
        expect![[r#"
        1:10 ESQL018 unknown command `FILTER`
          at `FILTER`
          help: write `WHERE`
        1:26 ESQL018 unknown command `HEAD`
          at `HEAD`
          help: write `LIMIT`
    "#]],
    );
    check(
        "FROM a | | LIMIT 1 |",
        expect![[r#"
        1:10 ESQL010 expected a command, found `|`
          at `|`
        1:21 ESQL010 expected a command, found the end
          at ``
    "#]],
    );
    check(
        "FROM a WHERE b == 1 LIMIT 5",
        expect![[r#"
        1:8 ESQL010 expected `|` or the end of the query, found `WHERE`
          at `WHERE`
          help: a command begins with `|`: `| WHERE`
    "#]],
    );
    check(
        "FROM a | LOOKUP b ON c",
        expect![[r#"
        1:17 ESQL010 expected `JOIN`, found `b`
          at `b`
    "#]],
    );
    check(
        "FROM a | \"x\"",
        expect![[r#"
        1:10 ESQL010 expected a command, found `"x"`
          at `"x"`
    "#]],
    );
    check(
        "SHOW | LIMIT 1",
        expect![[r#"
        1:6 ESQL010 expected `INFO`, found `|`
          at `|`
    "#]],
    );
    check(
        "SET a = 1 FROM b",
        expect![[r#"
        1:11 ESQL010 expected `;`, found `FROM`
          at `FROM`
          help: a setting ends with `;`, and the query follows it
    "#]],
    );
    check(
        "SET a; FROM b",
        expect![[r#"
        1:6 ESQL010 expected `=`, found `;`
          at `;`
    "#]],
    );
}

#[test]
fn sources() {
    check(
        "FROM",
        expect![[r#"
        1:5 ESQL010 expected the name of an index, found the end
          at ``
    "#]],
    );
    check(
        "FROM a, | LIMIT 1",
        expect![[r#"
        1:9 ESQL010 expected the name of an index, found `|`
          at `|`
    "#]],
    );
    check(
        "FROM a b",
        expect![[r#"
            1:8 ESQL010 expected `|` or the end of the query, found `b`
              at `b`
              help: the names of indices are parted by commas
        "#]],
    );
    check(
        "FROM [a]",
        expect![[r#"
        1:6 ESQL022 expected the name of an index, found `[`
          at `[`
          help: the names stand without brackets
    "#]],
    );
    check(
        "FROM \"a\":b, c:d:e",
        expect![[r#"
        1:9 ESQL022 expected `,` or the end of the name, found `:`
          at `:`
          help: put the whole name in double quotes, as in `"cluster:index"`
        1:16 ESQL022 expected `,` or the end of the name, found `:`
          at `:`
          help: a name is at most `cluster:index::selector`
    "#]],
    );
    check(
        "FROM a METADATA | LIMIT 1",
        expect![[r#"
        1:17 ESQL010 expected the name of a metadata column, found `|`
          at `|`
    "#]],
    );
    check(
        "FROM (SHOW INFO), (FROM a | LIMIT, (ROW b = 1",
        expect![[r#"
            1:7 ESQL019 `SHOW` cannot begin a subquery
              at `SHOW`
              help: a subquery begins with `FROM`, `ROW`, `TS` or `EQL`
            1:34 ESQL010 expected a number of rows, found `,`
              at `,`
            1:41 ESQL010 expected `)`, found `b`
              at `b`
              at `(` opened here
              help: conditions are joined with `AND` or `OR`, and columns are parted by commas
            1:46 ESQL014 expected `|` or `)`, found the end
              at ``
              at `(` opened here
              help: close the parenthesis with `)`
        "#]],
    );
    check(
        "EQL a | LIMIT 1",
        expect![[r#"
        1:7 ESQL010 expected the EQL query in double quotes, found `|`
          at `|`
    "#]],
    );
    check(
        "PROMQL step=1m up",
        expect![[r#"
            1:18 ESQL010 expected `=`, found the end
              at ``
              help: the query stands in parentheses: `PROMQL step=1m (up)`
        "#]],
    );
    check(
        "PROMQL step= (up",
        expect![[r#"
        1:14 ESQL014 expected `)`, found the end
          at `(`
          help: close the parenthesis with `)`
    "#]],
    );
}

#[test]
fn arguments_of_commands() {
    check(
        "FROM a | EVAL b* = 1, c + 1 = 2",
        expect![[r#"
            1:18 ESQL021 expected a value, found `=`
              at `=`
              help: one column is named here; `KEEP`, `DROP` and `RENAME` take wildcards
            1:29 ESQL011 expected `==`, found `=`
              at `=`
              help: use `==` for equality
        "#]],
    );
    check(
        "FROM a | STATS | STATS BY",
        expect![[r#"
        1:16 ESQL020 expected an aggregate or `BY`, found `|`
          at `|`
          help: write an aggregate such as `COUNT(*)`, or columns behind `BY`
        1:26 ESQL010 expected a value, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | STATS b WHERE c, COUNT(*) WHERE",
        expect![[r#"
        1:16 ESQL027 `WHERE` filters an aggregate function, and there is none
          at `b`
          help: filter an aggregate such as `COUNT(*)`, or all rows in a `WHERE` of its own
        1:41 ESQL010 expected a value, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | KEEP b-c, d | DROP \"e\" | KEEP 1x",
        expect![[r#"
        1:16 ESQL010 expected `,` or the end of the name, found `-`
          at `-`
          help: a name with a `-` in it stands between backticks
        1:29 ESQL010 expected a column or a pattern such as `host.*`, found `"e"`
          at `"e"`
          help: a text is no name; names stand plain or between backticks
        1:40 ESQL010 expected a column or a pattern such as `host.*`, found `1`
          at `1`
          help: a name that begins with a digit stands between backticks
        1:41 ESQL010 expected `|` or the end of the query, found `x`
          at `x`
          help: a name that begins with a digit stands between backticks
    "#]],
    );
    check(
        "FROM a | RENAME b c | RENAME d AS",
        expect![[r#"
        1:19 ESQL010 expected `AS` or `=`, found `c`
          at `c`
          help: write `old AS new`, or `new = old`
        1:34 ESQL010 expected a column or a pattern such as `host.*`, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | SORT b NULLS, c ASCENDING",
        expect![[r#"
            1:22 ESQL010 expected `FIRST` or `LAST`, found `,`
              at `,`
            1:26 ESQL010 expected `|` or the end of the query, found `ASCENDING`
              at `ASCENDING`
              help: write `ASC`
        "#]],
    );
    check(
        "FROM a | LIMIT b | LIMIT - | SAMPLE",
        expect![[r#"
        1:16 ESQL010 expected a number of rows, found `b`
          at `b`
        1:28 ESQL010 expected a number, found `|`
          at `|`
        1:36 ESQL010 expected a probability, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | MV_EXPAND b* | MV_EXPAND null",
        expect![[r#"
            1:21 ESQL021 expected the end of the name, found `*`
              at `*`
              help: one column is named here; `KEEP`, `DROP` and `RENAME` take wildcards
            1:35 ESQL012 expected the name of a column, found `null`
              at `null`
              help: `null` is a keyword; as a name it stands between backticks
        "#]],
    );
    check(
        "FROM a | DISSECT b | DISSECT b \"x\" append_seperator = \"y\"",
        expect![[r#"
        1:20 ESQL010 expected a pattern in double quotes, found `|`
          at `|`
        1:36 ESQL023 `DISSECT` has no option `append_seperator`
          at `append_seperator`
          help: did you mean `append_separator`?
    "#]],
    );
    check(
        "FROM a | GROK b \"x\", c",
        expect![[r#"
        1:22 ESQL010 expected a pattern in double quotes, found `c`
          at `c`
          help: write `"c"`
    "#]],
    );
    check(
        "FROM a | ENRICH | ENRICH p ON WITH b",
        expect![[r#"
            1:17 ESQL010 expected the name of a policy, found `|`
              at `|`
            1:36 ESQL010 expected `|` or the end of the query, found `b`
              at `b`
              help: columns are parted by commas
        "#]],
    );
    check(
        "FROM a | LOOKUP JOIN b | LOOKUP JOIN c ON",
        expect![[r#"
        1:24 ESQL010 expected `ON`, found `|`
          at `|`
        1:42 ESQL010 expected a value, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | FORK | FORK (WHERE b = 1 | LIMT 5) (FROM c)",
        expect![[r#"
            1:15 ESQL010 expected a branch in parentheses, found `|`
              at `|`
              help: a branch is written as `(WHERE ... | LIMIT 10)`
            1:31 ESQL011 expected `==`, found `=`
              at `=`
              help: use `==` for equality
            1:37 ESQL018 unknown command `LIMT`
              at `LIMT`
              help: did you mean `LIMIT`?
            1:46 ESQL019 `FROM` can only begin a query
              at `FROM`
              help: sources stand in one list behind `FROM`; `LOOKUP JOIN` and `ENRICH` add columns
        "#]],
    );
    check(
        "FROM a | FORK (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1) (LIMIT 1)",
        expect![[r#"
            1:95 ESQL026 more than 8 branches
              at `(`
              help: run several queries
        "#]],
    );
    check(
        "FROM a | FUSE x SCORE b KEY BY c KEY BY d",
        expect![[r#"
        1:23 ESQL010 expected `BY`, found `b`
          at `b`
        1:34 ESQL023 `KEY` is given twice
          at `KEY`
          help: give each clause of `FUSE` once
    "#]],
    );
    check(
        "FROM a | COMPLETION b = | RERANK b ON c | MMR ON d",
        expect![[r#"
        1:25 ESQL010 expected a value, found `|`
          at `|`
        1:34 ESQL010 the query of `RERANK` is no constant
          at `b`
          help: write a text or a parameter
        1:51 ESQL010 expected `LIMIT`, found the end
          at ``
    "#]],
    );
    check(
        "FROM a | CHANGE_POINT b AS c | USER_AGENT d | URI_PARTS e = f g",
        expect![[r#"
        1:30 ESQL010 expected `,` and a second name, found `|`
          at `|`
        1:45 ESQL010 expected `=`, found `|`
          at `|`
        1:63 ESQL010 expected `|` or the end of the query, found `g`
          at `g`
          help: conditions are joined with `AND` or `OR`, and columns are parted by commas
    "#]],
    );
}

#[test]
fn all_errors_are_told_at_once() {
    check(
        "FROM logs-* METADATA _id
| WHER a = 1
| WHERE b = 'x' AND c LIKE (\"y\", d) OR (e == 1
| EVAL f = g(h, = 2, i == 3 j
| STATS COUNT(*) BY
| KEP k",
        expect![[r#"
            2:3 ESQL018 unknown command `WHER`
              at `WHER`
              help: did you mean `WHERE`?
            3:11 ESQL011 expected `==`, found `=`
              at `=`
              help: use `==` for equality
            3:13 ESQL005 the text stands in single quotes: `'x'`
              at `'x'`
              help: write `"x"`
            3:34 ESQL024 expected a text, found `d`
              at `d`
              help: a list of patterns holds texts; a computed pattern stands alone
            4:1 ESQL014 expected `)`, found `|`
              at `|`
              at `(` opened here
              help: close the parenthesis with `)`
            4:17 ESQL010 expected a value, found `=`
              at `=`
            4:29 ESQL017 unknown unit of time `j`
              at `j`
              help: the units are `ms`, `s`, `m`, `h`, `d`, `w`, `mo`, `q` and `y`, and their long names
            6:1 ESQL010 expected a value, found `|`
              at `|`
            6:3 ESQL018 unknown command `KEP`
              at `KEP`
              help: did you mean `KEEP`?
        "#]],
    );
}
