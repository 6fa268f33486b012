//! What is refused, where, in which words, and with which way out.

use brokerwatch_eql::parse;
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
        r#"any where a == "x"#,
        expect![[r#"
        1:16 EQL003 token recognition error at: '"x'
          at `"x`
          help: close the text with `"` on the same line
    "#]],
    );
    check(
        r#"any where a == "C:\dir\" and b == 1"#,
        expect![[r#"
        1:16 EQL003 token recognition error at: '"C:\dir\" and b == 1'
          at `"C:\dir\" and b == 1`
          help: `\"` is a quote inside the text; a backslash at its end is written `\\`
    "#]],
    );
    check(
        r#"any where a == "C:\Windows\*""#,
        expect![[r#"
        1:19 EQL004 token recognition error at: '\W'
          at `\W`
          help: a backslash is written `\\`, or the text stands between `"""`, where it means itself
    "#]],
    );
    check(
        r#"any where a == "\u{4}" or a == "\u{D800}" or a == "\u41""#,
        expect![[r#"
        1:17 EQL004 token recognition error at: '\u{4}'
          at `\u{4}`
          help: a character by its number is `\u{H}` with 2 to 8 hexadecimal digits, at most 10FFFF, and no surrogate (D800 to DFFF)
        1:33 EQL004 token recognition error at: '\u{D800}'
          at `\u{D800}`
          help: a character by its number is `\u{H}` with 2 to 8 hexadecimal digits, at most 10FFFF, and no surrogate (D800 to DFFF)
        1:52 EQL004 token recognition error at: '\u'
          at `\u`
          help: a character by its number is `\u{H}` with 2 to 8 hexadecimal digits, at most 10FFFF, and no surrogate (D800 to DFFF)
    "#]],
    );
    check(
        r#"any where a == "x\u{110000}y""#,
        expect![[r#"
        1:18 EQL004 token recognition error at: '\u{110000}'
          at `\u{110000}`
          help: a character by its number is `\u{H}` with 2 to 8 hexadecimal digits, at most 10FFFF, and no surrogate (D800 to DFFF)
    "#]],
    );
    check(
        "any where a == 'x' and b == 1",
        expect![[r#"
        1:16 EQL005 Use double quotes ["] to define string literals, not single quotes [']
          at `'x'`
          help: write `"x"`
    "#]],
    );
    check(
        r#"any where a == ?"x\y""#,
        expect![[r#"
        1:16 EQL005 Use triple double quotes ["""] to define unescaped string literals, not [?"]
          at `?"x\y"`
          help: write `"""x\y"""`
    "#]],
    );
    check(
        "any where a like ?'x'",
        expect![[r#"
        1:18 EQL005 Use triple double quotes ["""] to define unescaped string literals, not [?']
          at `?'x'`
          help: write `"""x"""`
    "#]],
    );
    check(
        r#"any where a == """x"#,
        expect![[r#"
        1:16 EQL003 token recognition error at: '"""x'
          at `"""x`
          help: close the text with `"""` on the same line
    "#]],
    );
    check(
        "any where a == “x” and b = 1",
        expect![[r#"
        1:16 EQL005 token recognition error at: '“x”'
          at `“x”`
          help: use straight double quotes, as in `"text"`
        1:26 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "any where `a == 1",
        expect![[r#"
        1:11 EQL003 token recognition error at: '`a == 1'
          at ``a == 1`
          help: close the name with a backtick
    "#]],
    );
    check(
        "any where `` == 1",
        expect![[r#"
        1:11 EQL002 token recognition error at: '``'
          at ````
          help: a name between backticks cannot be empty
    "#]],
    );
    check(
        "/* a /* b */ any where true",
        expect![[r#"
        1:1 EQL003 token recognition error at: '/*'
          at `/*`
          help: close the comment with `*/`; a comment inside it needs its own `*/`
    "#]],
    );
    check(
        "any where a == 1 # why",
        expect![[r#"
        1:18 EQL002 token recognition error at: '#'
          at `#`
          help: a comment begins with `//`
    "#]],
    );
    check(
        "any where true;",
        expect![[r#"
        1:15 EQL002 token recognition error at: ';'
          at `;`
          help: a query needs no `;` at its end
    "#]],
    );
    check(
        "any where\u{a0}true",
        expect![[r#"
        1:10 EQL002 token recognition error at: ' '
          at ` `
          help: an invisible character stands here; replace it with a plain blank
    "#]],
    );
    check(
        "any where größe == 1",
        expect![[r#"
        1:13 EQL002 token recognition error at: 'öße'
          at `öße`
          help: a name with letters outside a-z stands between backticks, and a text between double quotes
    "#]],
    );
    check(
        "any where a ^ 1 and b",
        expect![[r#"
        1:13 EQL002 token recognition error at: '^'
          at `^`
          help: remove it; a text stands between double quotes, and a name with such a character between backticks
    "#]],
    );
    check(
        "any where a == it's",
        expect![[r#"
        1:18 EQL003 token recognition error at: ''s'
          at `'s`
          help: a text stands between double quotes, as in `"text"`
    "#]],
    );
    check(
        "any where a == 1e999",
        expect![[r#"
        1:16 EQL006 Number [1e999] is too large
          at `1e999`
          help: the largest number is about 1.8e308
    "#]],
    );
}

#[test]
fn operators_of_other_languages() {
    check(
        "any where a = 1",
        expect![[r#"
        1:13 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "any where a = 1 && b <> 2 || !(c === 3)",
        expect![[r#"
        1:13 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:17 EQL011 token recognition error at: '&&'
          at `&&`
          help: use `and`
        1:22 EQL011 mismatched input '<>' expecting '!='
          at `<>`
          help: use `!=` for inequality
        1:27 EQL011 mismatched input '||' expecting 'or'
          at `||`
          help: use `or`
        1:30 EQL011 token recognition error at: '!'
          at `!`
          help: use `not` for negation
        1:34 EQL011 mismatched input '===' expecting '=='
          at `===`
          help: use `==` for equality
    "#]],
    );
    check(
        r#"any where a =~ "x" and b !== 1"#,
        expect![[r#"
        1:13 EQL011 token recognition error at: '=~'
          at `=~`
          help: use `:` to compare without regard to case, or `regex` for a regular expression
        1:26 EQL011 mismatched input '!==' expecting '!='
          at `!==`
          help: use `!=` for inequality
    "#]],
    );
    check(
        "any where a == 1 AND b == 2 OR NOT c",
        expect![[r#"
        1:18 EQL012 mismatched input 'AND' expecting 'and'
          at `AND`
          help: keywords are in lower case: `and`
        1:29 EQL012 mismatched input 'OR' expecting 'or'
          at `OR`
          help: keywords are in lower case: `or`
        1:32 EQL012 mismatched input 'NOT' expecting 'not'
          at `NOT`
          help: keywords are in lower case: `not`
    "#]],
    );
    check(
        r#"any where a IN ("x") and b NOT IN ("y") and c LIKE "z" and NOT (d)"#,
        expect![[r#"
        1:13 EQL012 mismatched input 'IN' expecting 'in'
          at `IN`
          help: keywords are in lower case: `in`
        1:28 EQL012 mismatched input 'NOT' expecting 'not'
          at `NOT`
          help: keywords are in lower case: `not`
        1:32 EQL012 mismatched input 'IN' expecting 'in'
          at `IN`
          help: keywords are in lower case: `in`
        1:47 EQL012 mismatched input 'LIKE' expecting 'like'
          at `LIKE`
          help: keywords are in lower case: `like`
        1:60 EQL012 mismatched input 'NOT' expecting 'not'
          at `NOT`
          help: keywords are in lower case: `not`
    "#]],
    );
    check(
        "any where a is null",
        expect![[r#"
        1:13 EQL010 mismatched input 'is' expecting {<EOF>, '|', 'and', 'or'}
          at `is`
          help: write `a == null` or `a != null`
    "#]],
    );
    check(
        r#"any where a is not null and b contains "x""#,
        expect![[r#"
        1:13 EQL010 mismatched input 'is' expecting {<EOF>, '|', 'and', 'or'}
          at `is`
          help: write `a == null` or `a != null`
        1:31 EQL010 mismatched input 'contains' expecting {<EOF>, '|', 'and', 'or'}
          at `contains`
          help: write `stringContains(b, ...)` or `b : "*...*"`
    "#]],
    );
    check(
        r#"any where a STARTSWITH "x""#,
        expect![[r#"
        1:13 EQL010 mismatched input 'STARTSWITH' expecting {<EOF>, '|', 'and', 'or'}
          at `STARTSWITH`
          help: write `startsWith(a, ...)` or `a : "...*"`
    "#]],
    );
    check(
        "any where a not == 1",
        expect![[r#"
        1:13 EQL010 mismatched input 'not' expecting {<EOF>, '|', 'and', 'or'}
          at `not`
          help: `not` stands before the whole condition
    "#]],
    );
    check(
        "any where ! [1]",
        expect![[r#"
        1:11 EQL002 token recognition error at: '!'
          at `!`
          help: write `![` without a blank between
    "#]],
    );
}

#[test]
fn expressions() {
    check(
        "",
        expect![[r#"
        1:1 EQL010 mismatched input '<EOF>' expecting a query
          at ``
          help: the shortest query is `any where true`
    "#]],
    );
    check(
        "any where",
        expect![[r#"
        1:10 EQL010 mismatched input '<EOF>' expecting an expression
          at ``
          help: a condition follows `where`; `where true` takes every event
    "#]],
    );
    check(
        "any where and",
        expect![[r#"
        1:11 EQL010 mismatched input 'and' expecting an expression
          at `and`
        1:14 EQL010 mismatched input '<EOF>' expecting an expression
          at ``
    "#]],
    );
    check(
        "any where a ==",
        expect![[r#"
        1:15 EQL010 mismatched input '<EOF>' expecting an expression
          at ``
    "#]],
    );
    check(
        "any where a == and b ==",
        expect![[r#"
        1:16 EQL010 mismatched input 'and' expecting an expression
          at `and`
        1:24 EQL010 mismatched input '<EOF>' expecting an expression
          at ``
    "#]],
    );
    check(
        "any where a < b < c",
        expect![[r#"
        1:17 EQL014 mismatched input '<' expecting {<EOF>, '|', 'and', 'or'}
          at `<`
          help: a comparison takes two values; join two comparisons with `and`
    "#]],
    );
    check(
        "any where a == b == true",
        expect![[r#"
        1:18 EQL014 mismatched input '==' expecting {<EOF>, '|', 'and', 'or'}
          at `==`
          help: a comparison takes two values; join two comparisons with `and`
    "#]],
    );
    check(
        r#"any where f not like "x""#,
        expect![[r#"
        1:17 EQL017 mismatched input 'like' expecting {'in', 'in~'}
          at `like`
          help: `not` stands before the value: `not f like ...`
    "#]],
    );
    check(
        r#"any where f not : "x" and g NOT LIKE "y""#,
        expect![[r#"
        1:17 EQL017 mismatched input ':' expecting {'in', 'in~'}
          at `:`
          help: `not` stands before the value: `not f : ...`
        1:29 EQL012 mismatched input 'NOT' expecting 'not'
          at `NOT`
          help: keywords are in lower case: `not`
        1:33 EQL012 mismatched input 'LIKE' expecting 'like'
          at `LIKE`
          help: keywords are in lower case: `like`
        1:33 EQL017 mismatched input 'LIKE' expecting {'in', 'in~'}
          at `LIKE`
          help: `not` stands before the value: `not g like ...`
    "#]],
    );
    check(
        "any where a in ()",
        expect![[r#"
        1:17 EQL016 mismatched input ')' expecting a value
          at `)`
          help: a list holds at least one value
    "#]],
    );
    check(
        "any where a in (1,) and b in (,)",
        expect![[r#"
        1:19 EQL010 mismatched input ')' expecting an expression
          at `)`
        1:31 EQL010 mismatched input ',' expecting an expression
          at `,`
        1:32 EQL010 mismatched input ')' expecting an expression
          at `)`
    "#]],
    );
    check(
        r#"any where a in "x""#,
        expect![[r#"
        1:16 EQL010 mismatched input '"x"' expecting '('
          at `"x"`
          help: a list stands in parentheses: `in ("x")`
    "#]],
    );
    check(
        "any where a in~ b",
        expect![[r#"
        1:17 EQL010 mismatched input 'b' expecting '('
          at `b`
          help: a list stands in parentheses: `in (b)`
    "#]],
    );
    check(
        "any where a : b",
        expect![[r#"
        1:15 EQL019 mismatched input 'b' expecting a constant
          at `b`
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
    "#]],
    );
    check(
        r#"any where a : concat("x", b) and c like (d, "e")"#,
        expect![[r#"
        1:15 EQL019 mismatched input 'concat' expecting a constant
          at `concat`
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
        1:42 EQL019 mismatched input 'd' expecting a constant
          at `d`
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
    "#]],
    );
    check(
        "any where a : -1",
        expect![[r#"
        1:15 EQL019 mismatched input '-' expecting a constant
          at `-`
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
    "#]],
    );
    check(
        "any where a : ()",
        expect![[r#"
        1:16 EQL016 mismatched input ')' expecting a value
          at `)`
          help: a list holds at least one value
    "#]],
    );
    check(
        "any where a like",
        expect![[r#"
        1:17 EQL019 mismatched input '<EOF>' expecting a constant
          at ``
          help: the right side is a text, or a list of texts in parentheses
    "#]],
    );
    check(
        "any where (a == 1",
        expect![[r#"
        1:18 EQL015 mismatched input '<EOF>' expecting {')', 'and', 'or'}
          at ``
          at `(` opened here
          help: close the parenthesis with `)`
    "#]],
    );
    check(
        "any where ((a == 1) and (b == 2",
        expect![[r#"
        1:32 EQL015 mismatched input '<EOF>' expecting {')', 'and', 'or'}
          at ``
          at `(` opened here
          help: close the parenthesis with `)`
    "#]],
    );
    check(
        "any where a == 1)",
        expect![[r#"
        1:17 EQL015 mismatched input ')' expecting {<EOF>, '|', 'and', 'or'}
          at `)`
          help: no parenthesis is open here; remove this one
    "#]],
    );
    check(
        "any where a == 1) and b = 2",
        expect![[r#"
        1:17 EQL015 mismatched input ')' expecting {<EOF>, '|', 'and', 'or'}
          at `)`
          help: no parenthesis is open here; remove this one
        1:25 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "any where f(a b, c == 1",
        expect![[r#"
            1:11 EQL052 Unknown function [f]
              at `f`
            1:15 EQL010 mismatched input 'b' expecting {')', ',', 'and', 'or'}
              at `b`
              help: conditions are joined with `and` or `or`
            1:24 EQL015 mismatched input '<EOF>' expecting {')', ',', 'and', 'or'}
              at ``
              at `(` opened here
              help: close the parenthesis with `)`
        "#]],
    );
    check(
        "any where (a, b) == 1",
        expect![[r#"
        1:13 EQL010 mismatched input ',' expecting {')', 'and', 'or'}
          at `,`
          at `(` opened here
          help: a list of values stands after `in`, `:`, `like` or `regex`
    "#]],
    );
    check(
        "any where a == 1, b = 2",
        expect![[r#"
            1:17 EQL010 mismatched input ',' expecting {<EOF>, '|', 'and', 'or'}
              at `,`
              help: conditions are joined with `and` or `or`, and lists stand in parentheses
            1:21 EQL011 mismatched input '=' expecting '=='
              at `=`
              help: use `==` for equality
        "#]],
    );
    check(
        "any where ()",
        expect![[r#"
        1:12 EQL010 mismatched input ')' expecting an expression
          at `)`
    "#]],
    );
    check(
        "any where a == not b",
        expect![[r#"
        1:16 EQL010 mismatched input 'not' expecting an expression
          at `not`
          help: put parentheses round a negated value: `(not ...)`
    "#]],
    );
    check(
        "any where a b c and d e",
        expect![[r#"
        1:13 EQL010 mismatched input 'b' expecting {<EOF>, '|', 'and', 'or'}
          at `b`
          help: conditions are joined with `and` or `or`
        1:23 EQL010 mismatched input 'e' expecting {<EOF>, '|', 'and', 'or'}
          at `e`
          help: conditions are joined with `and` or `or`
    "#]],
    );
    check(
        "any where 6x == 1",
        expect![[r#"
        1:12 EQL010 mismatched input 'x' expecting {<EOF>, '|', 'and', 'or'}
          at `x`
          help: a name that begins with a digit stands between backticks
    "#]],
    );
    check(
        "any where a.6x == 1",
        expect![[r#"
        1:12 EQL010 mismatched input '.6' expecting a name
          at `.6`
          help: a part of a name that begins with a digit stands between backticks
    "#]],
    );
    check(
        "any where event.sequence == 1",
        expect![[r#"
        1:17 EQL013 mismatched input 'sequence' expecting a name
          at `sequence`
          help: `sequence` is a keyword; between backticks it is a name: `` `sequence` ``
    "#]],
    );
    check(
        "any where sequence == 1",
        expect![[r#"
        1:11 EQL013 mismatched input 'sequence' expecting a name
          at `sequence`
          help: `sequence` is a keyword; between backticks it is a name: `` `sequence` ``
    "#]],
    );
    check(
        "any where a.by == 1",
        expect![[r#"
        1:13 EQL013 mismatched input 'by' expecting a name
          at `by`
          help: `by` is a keyword; between backticks it is a name: `` `by` ``
    "#]],
    );
    check(
        "any where a. == 1",
        expect![[r#"
        1:14 EQL010 mismatched input '==' expecting a name
          at `==`
    "#]],
    );
    check(
        "any where process.* == 1",
        expect![[r#"
        1:19 EQL010 mismatched input '*' expecting a name
          at `*`
          help: fields are named one by one; a name has no wildcards
    "#]],
    );
    check(
        "any where ?",
        expect![[r#"
        1:12 EQL010 mismatched input '<EOF>' expecting a name
          at ``
    "#]],
    );
    check(
        "any where f~ == 1",
        expect![[r#"
        1:11 EQL013 mismatched input 'f~' expecting a name
          at `f~`
          help: a field name has no `~`
    "#]],
    );
    check(
        "any where a[0] == 1 and b[1 2].c == 2",
        expect![[r#"
        1:12 EQL020 Array indexes are not supported
          at `[0]`
          help: a field is compared by any of its values; leave the index out
        1:26 EQL020 Array indexes are not supported
          at `[1 2]`
          help: a field is compared by any of its values; leave the index out
    "#]],
    );
    check(
        "any where a == 1 == 2 and b = 3 or c ~ 4",
        expect![[r#"
        1:18 EQL014 mismatched input '==' expecting {<EOF>, '|', 'and', 'or'}
          at `==`
          help: a comparison takes two values; join two comparisons with `and`
        1:29 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:38 EQL002 token recognition error at: '~'
          at `~`
          help: remove it; a text stands between double quotes, and a name with such a character between backticks
    "#]],
    );
    check(
        r#"any where a : "x" : "y""#,
        expect![[r#"
        1:19 EQL010 mismatched input ':' expecting {<EOF>, '|', 'and', 'or'}
          at `:`
          help: one value takes one such operator; join two conditions with `and` or `or`
    "#]],
    );
    check(
        r#"any where a == "x" "y""#,
        expect![[r#"
        1:20 EQL010 mismatched input '"y"' expecting {<EOF>, '|', 'and', 'or'}
          at `"y"`
          help: conditions are joined with `and` or `or`
    "#]],
    );
    check(
        r#"any where (a = 1 or (b like c and d not like "e")) and f in ()"#,
        expect![[r#"
        1:14 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:29 EQL019 mismatched input 'c' expecting a constant
          at `c`
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
        1:41 EQL017 mismatched input 'like' expecting {'in', 'in~'}
          at `like`
          help: `not` stands before the value: `not d like ...`
        1:62 EQL016 mismatched input ')' expecting a value
          at `)`
          help: a list holds at least one value
    "#]],
    );
    check(
        "any where a and and b",
        expect![[r#"
        1:17 EQL010 mismatched input 'and' expecting an expression
          at `and`
    "#]],
    );
    check(
        "any where or a",
        expect![[r#"
        1:11 EQL010 mismatched input 'or' expecting an expression
          at `or`
    "#]],
    );
}

#[test]
fn event_queries() {
    check(
        "process",
        expect![[r#"
        1:8 EQL018 mismatched input '<EOF>' expecting 'where'
          at ``
          help: a filter is `category where condition`; for any category, `any where condition`
    "#]],
    );
    check(
        "process and true",
        expect![[r#"
        1:9 EQL018 mismatched input 'and' expecting 'where'
          at `and`
          help: a filter is `category where condition`; for any category, `any where condition`
    "#]],
    );
    check(
        r#"process.name == "x""#,
        expect![[r#"
        1:8 EQL018 mismatched input '.' expecting 'where'
          at `.`
          help: a filter is `category where condition`; for any category, `any where condition`
    "#]],
    );
    check(
        r#"process process.name = "x""#,
        expect![[r#"
        1:9 EQL018 mismatched input 'process' expecting 'where'
          at `process`
          help: a filter is `category where condition`; for any category, `any where condition`
        1:22 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "where true",
        expect![[r#"
        1:1 EQL010 mismatched input 'where' expecting an event category
          at `where`
          help: a query begins with an event category; `any where` takes all
    "#]],
    );
    check(
        "* where true",
        expect![[r#"
        1:1 EQL010 mismatched input '*' expecting a query
          at `*`
          help: `any where` takes all categories
    "#]],
    );
    check(
        "`a` where true",
        expect![[r#"
        1:1 EQL010 mismatched input '`a`' expecting a query
          at ``a``
          help: a category that is no plain name is a text: `"a" where`
    "#]],
    );
    check(
        "sequence where true",
        expect![[r#"
        1:1 EQL010 mismatched input 'sequence' expecting a query
          at `sequence`
          help: write it as a text: `"sequence" where`
    "#]],
    );
    check(
        "my-category where true",
        expect![[r#"
        1:3 EQL018 mismatched input '-' expecting 'where'
          at `-`
          help: a filter is `category where condition`; for any category, `any where condition`
    "#]],
    );
    check(
        "process WHERE a = 1",
        expect![[r#"
        1:9 EQL012 mismatched input 'WHERE' expecting 'where'
          at `WHERE`
          help: keywords are in lower case: `where`
        1:17 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "process where true by x",
        expect![[r#"
        1:20 EQL010 mismatched input 'by' expecting {<EOF>, '|', 'and', 'or'}
          at `by`
          help: keys belong to a `sequence` or a `sample`
    "#]],
    );
    check(
        "process where true with maxspan=1m",
        expect![[r#"
        1:20 EQL010 mismatched input 'with' expecting {<EOF>, '|', 'and', 'or'}
          at `with`
          help: `with` belongs to a `sequence`
    "#]],
    );
    check(
        "process where [x]",
        expect![[r#"
        1:15 EQL010 mismatched input '[' expecting an expression
          at `[`
    "#]],
    );
    check(
        "[process where true] [b where true]",
        expect![[r#"
        1:1 EQL010 mismatched input '[' expecting a query
          at `[`
          help: stages follow `sequence` or `sample`; a query for single events has no brackets
    "#]],
    );
    check(
        "process where true]",
        expect![[r#"
        1:19 EQL015 mismatched input ']' expecting {<EOF>, '|', 'and', 'or'}
          at `]`
          help: no bracket is open here; remove this one
    "#]],
    );
    check(
        "process where true until [a where b]",
        expect![[r#"
        1:20 EQL010 mismatched input 'until' expecting {<EOF>, '|', 'and', 'or'}
          at `until`
          help: `until` belongs to a `sequence`
    "#]],
    );
    check(
        "process where child of [process where a = 1] and descendant of [b where c] and event of d",
        expect![[r#"
        1:15 EQL020 Process relationships are not supported
          at `child of`
          help: compare `process.parent.entity_id` in a sequence instead
        1:41 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:50 EQL020 Process relationships are not supported
          at `descendant of`
          help: compare `process.parent.entity_id` in a sequence instead
        1:80 EQL020 Process relationships are not supported
          at `event of`
          help: compare `process.parent.entity_id` in a sequence instead
        1:89 EQL010 mismatched input 'd' expecting '['
          at `d`
    "#]],
    );
    check(
        "12 where true",
        expect![[r#"
        1:1 EQL010 mismatched input '12' expecting a query
          at `12`
          help: write it as a text: `"12" where`
    "#]],
    );
}

#[test]
fn sequences() {
    check(
        "sequence",
        expect![[r#"
            1:9 EQL010 mismatched input '<EOF>' expecting {'[', '!['}
              at ``
              help: stages follow, such as `[category where condition]`
        "#]],
    );
    check(
        "sequence by",
        expect![[r#"
        1:12 EQL010 mismatched input '<EOF>' expecting an expression
          at ``
    "#]],
    );
    check(
        "sequence [a where true]",
        expect![[r#"
        1:1 EQL025 A sequence requires a minimum of 2 queries, found [1]
          at `sequence [a where true]`
          help: add a stage, repeat this one (`with runs=2`), or search for single events
    "#]],
    );
    check(
        "sequence [a where true] with runs=1",
        expect![[r#"
        1:1 EQL025 A sequence requires a minimum of 2 queries, found [1]
          at `sequence [a where true] with runs=1`
          help: add a stage, repeat this one (`with runs=2`), or search for single events
    "#]],
    );
    check(
        "sequence by x,, y [a where true] [b where true]",
        expect![[r#"
        1:15 EQL010 mismatched input ',' expecting an expression
          at `,`
    "#]],
    );
    check(
        "sequence by length(x), y and z [a where true] [b where true]",
        expect![[r#"
        1:13 EQL023 Unsupported join key length(x)
          at `length(x)`
          help: a key is a field, as in `by host.id, user.name`
        1:24 EQL023 Unsupported join key y and z
          at `y and z`
          help: several keys are parted by commas
    "#]],
    );
    check(
        "sequence by x y [a where true] [b where true]",
        expect![[r#"
            1:15 EQL010 mismatched input 'y' expecting {'[', '!['}
              at `y`
              help: keys are parted by commas, and a stage stands in brackets: `[category where condition]`
        "#]],
    );
    check(
        "sequence a where true",
        expect![[r#"
            1:10 EQL010 mismatched input 'a' expecting {'[', '!['}
              at `a`
              help: keys are parted by commas, and a stage stands in brackets: `[category where condition]`
        "#]],
    );
    check(
        "sequence [a where true], [b where true]",
        expect![[r#"
        1:24 EQL010 mismatched input ',' expecting {'[', '![', 'until', '|', <EOF>}
          at `,`
          help: stages follow each other without commas
    "#]],
    );
    check(
        "sequence [a where true] and [b where true]",
        expect![[r#"
        1:25 EQL010 mismatched input 'and' expecting {'[', '![', 'until', '|', <EOF>}
          at `and`
          help: stages follow each other without `and`
    "#]],
    );
    check(
        "sequence [a where true [b where true]",
        expect![[r#"
        1:24 EQL015 mismatched input '[' expecting {']', 'and', 'or'}
          at `[`
          at `[` opened here
          help: close the stage with `]`
    "#]],
    );
    check(
        "sequence [a where (x == 1] [b where y = 2]",
        expect![[r#"
        1:26 EQL015 mismatched input ']' expecting {')', 'and', 'or'}
          at `]`
          at `(` opened here
          help: close the parenthesis with `)`
        1:39 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "sequence [a where x == \"y] [b where true]\n[c where z = 1]",
        expect![[r#"
        1:24 EQL003 token recognition error at: '"y] [b where true]'
          at `"y] [b where true]`
          help: close the text with `"` on the same line
        2:12 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
    check(
        "sequence [a where true]] [b where true]",
        expect![[r#"
        1:24 EQL015 mismatched input ']' expecting {'[', '![', 'until', '|', <EOF>}
          at `]`
          help: no bracket is open here; remove this one
    "#]],
    );
    check(
        "sequence [a where x = 1] [b x = 2] [c where y in ()]",
        expect![[r#"
        1:21 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:29 EQL018 mismatched input 'x' expecting 'where'
          at `x`
          help: a filter is `category where condition`; for any category, `any where condition`
        1:31 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:51 EQL016 mismatched input ')' expecting a value
          at `)`
          help: a list holds at least one value
    "#]],
    );
    check(
        "sequence [] [b where true]",
        expect![[r#"
            1:11 EQL010 mismatched input ']' expecting an event category
              at `]`
              help: a filter is `category where condition`
        "#]],
    );
    check(
        "sequence [a where true] [b where true",
        expect![[r#"
        1:38 EQL015 mismatched input '<EOF>' expecting {']', 'and', 'or'}
          at ``
          at `[` opened here
          help: close the stage with `]`
    "#]],
    );
    check(
        "sequence [a where true] [b where true] foo",
        expect![[r#"
        1:40 EQL010 mismatched input 'foo' expecting {'[', '![', 'until', '|', <EOF>}
          at `foo`
          help: a stage stands in brackets: `[category where condition]`
    "#]],
    );
    check(
        "sequence [a where true] as e0 [b where true] fork",
        expect![[r#"
        1:25 EQL020 stage aliases are not supported
          at `as`
          help: remove `as` and the name
        1:46 EQL020 fork is not supported
          at `fork`
          help: remove it; write a sequence for each branch
    "#]],
    );
    check(
        "sequence [a where true] by x [b where true] [c where true] by x, y until [d where true]",
        expect![[r#"
        1:30 EQL024 Inconsistent number of join keys specified; expected [1] but found [0]
          at `[b where true]`
          at `x` the first stage has 1
          help: every stage takes the same number of keys, besides those that all share
        1:63 EQL024 Inconsistent number of join keys specified; expected [1] but found [2]
          at `x, y`
          at `x` the first stage has 1
          help: every stage takes the same number of keys, besides those that all share
        1:74 EQL024 Inconsistent number of join keys specified; expected [1] but found [0]
          at `[d where true]`
          at `x` the first stage has 1
          help: every stage takes the same number of keys, besides those that all share
    "#]],
    );
    check(
        "SEQUENCE BY x WITH MAXSPAN=1m [a where true] UNTIL [b WHERE true]",
        expect![[r#"
        1:1 EQL012 mismatched input 'SEQUENCE' expecting 'sequence'
          at `SEQUENCE`
          help: keywords are in lower case: `sequence`
        1:1 EQL025 A sequence requires a minimum of 2 queries, found [1]
          at `SEQUENCE BY x WITH MAXSPAN=1m [a where true] UNTIL [b WHERE true]`
          help: add a stage, repeat this one (`with runs=2`), or search for single events
        1:10 EQL012 mismatched input 'BY' expecting 'by'
          at `BY`
          help: keywords are in lower case: `by`
        1:15 EQL012 mismatched input 'WITH' expecting 'with'
          at `WITH`
          help: keywords are in lower case: `with`
        1:20 EQL012 mismatched input 'MAXSPAN' expecting 'maxspan'
          at `MAXSPAN`
          help: keywords are in lower case: `maxspan`
        1:46 EQL012 mismatched input 'UNTIL' expecting 'until'
          at `UNTIL`
          help: keywords are in lower case: `until`
        1:55 EQL012 mismatched input 'WHERE' expecting 'where'
          at `WHERE`
          help: keywords are in lower case: `where`
    "#]],
    );
    check(
        "sequence [a where true] [b where true] until",
        expect![[r#"
        1:45 EQL010 mismatched input '<EOF>' expecting '['
          at ``
          help: `until` takes a stage: `until [category where condition]`
    "#]],
    );
    check(
        "sequence [a where true] [b where true] until [c where true] [d where true]",
        expect![[r#"
        1:61 EQL010 mismatched input '[' expecting {'|', <EOF>}
          at `[`
          help: `until` is the last part of a sequence
    "#]],
    );
    check(
        "sequence [a where true] [b where true] until ![c where true] with runs=2",
        expect![[r#"
        1:46 EQL028 `until` cannot be a missing event
          at `![c where true] with runs=2`
          help: write `until [...]`
        1:46 EQL028 `until` takes no `with runs`
          at `![c where true] with runs=2`
          help: one event ends the sequence; remove `with runs`
    "#]],
    );
    check(
        "sequence until [a where true]",
        expect![[r#"
        1:10 EQL010 mismatched input 'until' expecting {'[', '!['}
          at `until`
    "#]],
    );
}

#[test]
fn maxspan_and_runs() {
    check(
        "sequence with maxspan=0s [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 A positive maxspan value is required; found [0]
          at `0`
          help: leave `with maxspan` out for no bound
    "#]],
    );
    check(
        "sequence with maxspan=30 [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 No time unit specified, did you mean [s] as in [30s]?
          at `30`
          help: the units are ms, s, m, h and d
    "#]],
    );
    check(
        "sequence with maxspan=1w [a where true] [b where true]",
        expect![[r#"
        1:24 EQL021 Unrecognized time unit [w] in [1w], please specify one of [ms, s, m, h, d]
          at `w`
          help: a week is `7d`
    "#]],
    );
    check(
        "sequence with maxspan=1.5h [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 Decimal time interval [1.5] not supported; please use an positive integer
          at `1.5`
          help: use a smaller unit: one of ms, s, m, h, d
    "#]],
    );
    check(
        "sequence with maxspan=-1s [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 mismatched input '-' expecting a number
          at `-`
          help: write a whole number and a unit, such as `5m`, without quotes
    "#]],
    );
    check(
        r#"sequence with maxspan="5m" [a where true] [b where true]"#,
        expect![[r#"
        1:23 EQL021 mismatched input '"5m"' expecting a number
          at `"5m"`
          help: write a whole number and a unit, such as `5m`, without quotes
    "#]],
    );
    check(
        "sequence with maxspan [a where true] [b where true]",
        expect![[r#"
        1:23 EQL010 mismatched input '[' expecting '='
          at `[`
          help: write `with maxspan=5m`
    "#]],
    );
    check(
        "sequence with maxspan==5m [a where true] [b where true]",
        expect![[r#"
        1:22 EQL010 mismatched input '==' expecting '='
          at `==`
          help: write `with maxspan=5m`
    "#]],
    );
    check(
        "sequence with maxspan=99999999999999999999d [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 the maxspan [99999999999999999999d] is too long
          at `99999999999999999999d`
          help: the longest is about 292 years; leave `with maxspan` out for no bound
    "#]],
    );
    check(
        "sequence with maxspan=106752d [a where true] [b where true]",
        expect![[r#"
        1:23 EQL021 the maxspan [106752d] is too long
          at `106752d`
          help: the longest is about 292 years; leave `with maxspan` out for no bound
    "#]],
    );
    check(
        "sequence with maxspan=1m by x [a where true] [b where true]",
        expect![[r#"
        1:26 EQL029 Please specify sequence [by] before [with] not after
          at `by`
          help: write `sequence by ... with maxspan=...`
    "#]],
    );
    check(
        "sequence by x with maxspan=1m by y [a where true] [b where true]",
        expect![[r#"
        1:31 EQL029 Please specify sequence [by] before [with] not after
          at `by`
          help: write `sequence by ... with maxspan=...`
    "#]],
    );
    check(
        "sequence with runs=2 [a where true] [b where true]",
        expect![[r#"
        1:15 EQL021 mismatched input 'runs' expecting 'maxspan'
          at `runs`
          help: `with runs=N` stands behind a stage
    "#]],
    );
    check(
        "sequence with x=2 by y [a where true] [b where true]",
        expect![[r#"
        1:15 EQL021 mismatched input 'x' expecting 'maxspan'
          at `x`
          help: the only option of a sequence is `with maxspan=5m`
        1:19 EQL029 Please specify sequence [by] before [with] not after
          at `by`
          help: write `sequence by ... with maxspan=...`
    "#]],
    );
    check(
        "sequence [a where true] with runs=0",
        expect![[r#"
        1:35 EQL022 A positive runs value is required; found [0]
          at `0`
          help: a stage runs 1 to 100 times, a whole number
    "#]],
    );
    check(
        "sequence [a where true] with runs=101",
        expect![[r#"
        1:35 EQL022 A stage cannot run more than [100] times; found [101]
          at `101`
          help: a stage runs 1 to 100 times, a whole number
    "#]],
    );
    check(
        "sequence [a where true] with runs=1.5 [b where true]",
        expect![[r#"
        1:35 EQL022 A runs value must be a whole number; found [1.5]
          at `1.5`
          help: a stage runs 1 to 100 times, a whole number
    "#]],
    );
    check(
        "sequence [a where true] with other=2 [b where true]",
        expect![[r#"
        1:30 EQL022 mismatched input 'other' expecting 'runs'
          at `other`
          help: the only option of a stage is `with runs=N`
    "#]],
    );
    check(
        "sequence [a where true] with maxspan=1m [b where true]",
        expect![[r#"
        1:30 EQL022 mismatched input 'maxspan' expecting 'runs'
          at `maxspan`
          help: `with maxspan` stands behind `sequence` and its keys
    "#]],
    );
    check(
        "sequence [a where true] with runs=x [b where true]",
        expect![[r#"
        1:35 EQL022 mismatched input 'x' expecting a number
          at `x`
          help: a stage runs 1 to 100 times, a whole number
    "#]],
    );
    check(
        "sequence [a where true] with runs 2",
        expect![[r#"
        1:35 EQL010 mismatched input '2' expecting '='
          at `2`
          help: write `with runs=3`
    "#]],
    );
    check(
        "sequence [a where true] with runs=2 by x [b where true] by x",
        expect![[r#"
        1:37 EQL029 keys stand before `with runs`, not after
          at `by`
          help: write `[...] by ... with runs=N`
    "#]],
    );
}

#[test]
fn missing_events_and_samples() {
    check(
        "sequence [a where true] ![b where true]",
        expect![[r#"
        1:25 EQL026 [maxspan] is required for sequences with missing events queries; found none
          at `![b where true]`
          help: write `sequence ... with maxspan=5m`
    "#]],
    );
    check(
        "sequence with maxspan=1m ![a where true] ![b where true]",
        expect![[r#"
        1:1 EQL026 a sequence needs at least one stage that is not missing
          at `sequence with maxspan=1m ![a where true] ![b where true]`
          help: add a stage without `!`
    "#]],
    );
    check(
        "sequence with maxspan=1w [a where true] ! [b where true]",
        expect![[r#"
        1:24 EQL021 Unrecognized time unit [w] in [1w], please specify one of [ms, s, m, h, d]
          at `w`
          help: a week is `7d`
        1:41 EQL002 token recognition error at: '!'
          at `!`
          help: write `![` without a blank between
    "#]],
    );
    check(
        "sample [a where true] [b where true]",
        expect![[r#"
        1:1 EQL024 A sample must have at least one join key, found none
          at `sample`
          help: write `sample by host.id ...`
    "#]],
    );
    check(
        "sample by x [a where true]",
        expect![[r#"
        1:1 EQL025 A sample requires a minimum of 2 queries, found [1]
          at `sample by x [a where true]`
          help: add a filter, or search for single events
    "#]],
    );
    check(
        "sample by x with maxspan=1m [a where true] ![b where true] [c where true] with runs=2 until [d where true] | head 1",
        expect![[r#"
        1:13 EQL027 a sample takes no maxspan
          at `with maxspan=1m`
          help: events of a sample have no order and no time between them; use `sequence`
        1:44 EQL027 a sample takes no missing events
          at `![b where true]`
          help: missing events need an order; use `sequence`
        1:60 EQL027 a sample takes no `with runs`
          at `[c where true] with runs=2`
          help: repeat the filter instead
        1:93 EQL027 a sample takes no `until`
          at `[d where true]`
          help: events of a sample have no order; use `sequence`
        1:110 EQL031 Samples do not support pipes
          at `head 1`
          help: remove the pipe; the number of samples is a setting of the search
    "#]],
    );
    check(
        "sample [a where true] by x [b where true]",
        expect![[r#"
        1:28 EQL024 Inconsistent number of join keys specified; expected [1] but found [0]
          at `[b where true]`
          at `x` the first stage has 1
          help: every stage takes the same number of keys, besides those that all share
    "#]],
    );
    check(
        "sample",
        expect![[r#"
            1:7 EQL010 mismatched input '<EOF>' expecting {'[', '!['}
              at ``
              help: stages follow, such as `[category where condition]`
        "#]],
    );
    check(
        "sample by x",
        expect![[r#"
            1:12 EQL010 mismatched input '<EOF>' expecting {'[', '!['}
              at ``
              help: stages follow, such as `[category where condition]`
        "#]],
    );
    check(
        "join by x [a where y = 1] [b where true] until [c where true]",
        expect![[r#"
        1:1 EQL020 Join is not supported
          at `join`
          help: use `sequence` for events in order, or `sample` for events in any order
        1:22 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
    "#]],
    );
}

#[test]
fn pipes() {
    check(
        "any where true | count | filter a = 1 | sort and | unique a b",
        expect![[r#"
        1:35 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        1:46 EQL010 mismatched input 'and' expecting an expression
          at `and`
        1:50 EQL010 mismatched input '|' expecting an expression
          at `|`
        1:61 EQL010 mismatched input 'b' expecting {<EOF>, '|', ','}
          at `b`
          help: conditions are joined with `and` or `or`
    "#]],
    );
    check(
        "any where true | hed 1",
        expect![[r#"
        1:18 EQL030 Unrecognized pipe [hed], did you mean [head]?
          at `hed`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true | uniq x",
        expect![[r#"
        1:18 EQL030 Unrecognized pipe [uniq], did you mean [unique]?
          at `uniq`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true | foo",
        expect![[r#"
        1:18 EQL030 Unrecognized pipe [foo]
          at `foo`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true | where a",
        expect![[r#"
        1:18 EQL030 Unrecognized pipe [where]
          at `where`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true |",
        expect![[r#"
        1:17 EQL010 mismatched input '<EOF>' expecting a pipe
          at ``
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true | | head 1",
        expect![[r#"
        1:18 EQL010 mismatched input '|' expecting a pipe
          at `|`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
    check(
        "any where true | head",
        expect![[r#"
        1:18 EQL031 Pipe [head] expects exactly one argument but found [0]
          at `head`
          help: write `head 10`
    "#]],
    );
    check(
        "any where true | head 1, 2",
        expect![[r#"
        1:18 EQL031 Pipe [head] expects exactly one argument but found [2]
          at `head 1, 2`
          help: write `head 10`
    "#]],
    );
    check(
        "any where true | tail -1",
        expect![[r#"
        1:23 EQL031 Pipe [tail] expects a positive integer but found [-1]
          at `-1`
          help: write `tail 10`
    "#]],
    );
    check(
        "any where true | head x",
        expect![[r#"
        1:23 EQL031 Pipe [head] expects a positive integer but found [x]
          at `x`
          help: write `head 10`
    "#]],
    );
    check(
        r#"any where true | tail "5""#,
        expect![[r#"
        1:23 EQL031 Pipe [tail] expects a positive integer but found ["5"]
          at `"5"`
          help: write `tail 10`
    "#]],
    );
    check(
        "any where true | head 1.5 | tail 1/0",
        expect![[r#"
        1:23 EQL031 Pipe [head] expects a positive integer but found [1.5]
          at `1.5`
          help: write `head 10`
        1:34 EQL031 Pipe [tail] expects a positive integer but found [1/0]
          at `1/0`
          help: write `tail 10`
    "#]],
    );
    check(
        "any where true | head = 5",
        expect![[r#"
        1:23 EQL010 mismatched input '=' expecting an expression
          at `=`
    "#]],
    );
    check(
        "any where true | head 5 tail 3",
        expect![[r#"
        1:25 EQL010 mismatched input 'tail' expecting {<EOF>, '|', ','}
          at `tail`
          help: conditions are joined with `and` or `or`
    "#]],
    );
    check(
        "any where true | 5",
        expect![[r#"
        1:18 EQL010 mismatched input '5' expecting a pipe
          at `5`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
}

#[test]
fn all_errors_of_one_query() {
    check(
        "any where x == 1 &&\n  y = 2 ||\n  z not like \"a\" and\n  q in ()\n| hd 5",
        expect![[r#"
        1:18 EQL011 token recognition error at: '&&'
          at `&&`
          help: use `and`
        2:5 EQL011 mismatched input '=' expecting '=='
          at `=`
          help: use `==` for equality
        2:9 EQL011 mismatched input '||' expecting 'or'
          at `||`
          help: use `or`
        3:9 EQL017 mismatched input 'like' expecting {'in', 'in~'}
          at `like`
          help: `not` stands before the value: `not z like ...`
        4:9 EQL016 mismatched input ')' expecting a value
          at `)`
          help: a list holds at least one value
        5:3 EQL030 Unrecognized pipe [hd], did you mean [head]?
          at `hd`
          help: the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and `unique_count`
    "#]],
    );
}
