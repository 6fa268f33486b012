//! What is refused, where, in which words, and with which way out.

use brokerwatch_kql::Options;
use brokerwatch_kql::ast::Language::{self, Kuery, Lucene};
use expect_test::{Expect, expect};

use crate::{lowered, render};

#[track_caller]
fn check(language: Language, query: &str, expected: Expect) {
    let errors = lowered(language, query, &Options::default()).expect_err(query);
    expected.assert_eq(&render(query, &errors));
}

#[test]
fn what_is_missing() {
    check(
        Kuery,
        "process.name:",
        expect![[r#"
        1:14 KQL014 `process.name` has no value
          help: write one after the sign, or `process.name: *` to ask whether there is any
    "#]],
    );
    check(
        Kuery,
        "process.name: and user.name: x",
        expect![[r#"
        1:15 KQL014 `process.name` has no value
          help: write one after the sign; the word `and` as a value is written `\and`
    "#]],
    );
    check(
        Kuery,
        "process.name: cmd.exe and",
        expect![[r#"
        1:26 KQL014 a condition is missing at the end
          help: write one after the operator or the parenthesis, or remove that
    "#]],
    );
    check(
        Kuery,
        "or user.name: x",
        expect![[r#"
        1:1 KQL014 a condition is missing before `or`
          help: write one, or remove `or`; the word `or` as a value is written `\or`
    "#]],
    );
    check(
        Kuery,
        "(process.name: cmd.exe",
        expect![[r#"
        1:1 KQL015 `(` is not closed
          help: close it with `)`
    "#]],
    );
    check(
        Kuery,
        "process.name: (cmd.exe or",
        expect![[r#"
        1:15 KQL015 `(` is not closed
          help: close it with `)`
        1:26 KQL014 a condition is missing at the end
          help: write one after the operator or the parenthesis, or remove that
    "#]],
    );
    check(
        Kuery,
        "process.name: cmd.exe)",
        expect![[r#"
        1:22 KQL015 `)` closes nothing
          help: remove it, or open it before
    "#]],
    );
    check(
        Kuery,
        "()",
        expect![[r#"
        1:2 KQL014 a condition is missing before `)`
          help: write one after the operator or the parenthesis, or remove that
    "#]],
    );
    check(
        Kuery,
        "process.name: x and or not",
        expect![[r#"
        1:21 KQL014 a condition is missing before `or`
          help: write one, or remove `or`; the word `or` as a value is written `\or`
        1:27 KQL014 a condition is missing at the end
          help: write one after the operator or the parenthesis, or remove that
    "#]],
    );
    check(
        Kuery,
        "not",
        expect![[r#"
        1:4 KQL014 a condition is missing at the end
          help: write one after the operator or the parenthesis, or remove that
    "#]],
    );
}

#[test]
fn values_that_go_on() {
    check(
        Kuery,
        "source.ip: fe80::1",
        expect![[r#"
            1:16 KQL010 `:` inside a value
              help: put the value in quotes: `"fe80::1"`
        "#]],
    );
    check(
        Kuery,
        "url.full: http://example.com/x",
        expect![[r#"
            1:15 KQL010 `:` inside a value
              help: put the value in quotes: `"http://example.com/x"`
        "#]],
    );
    check(
        Kuery,
        "process.name: cmd.exe user.name: x",
        expect![[r#"
            1:23 KQL013 `and` or `or` is missing before `user.name`
              help: write the one that is meant; a value with a colon stands in quotes
        "#]],
    );
    check(
        Kuery,
        "process.name: cmd.exe not user.name: x",
        expect![[r#"
        1:23 KQL013 `and` or `or` is missing before `not`
          help: write the one that is meant; a value of several words can stand in quotes
    "#]],
    );
    check(
        Kuery,
        "process.name: \"a\" \"b\"",
        expect![[r#"
        1:19 KQL013 `and` or `or` is missing before `"b"`
          help: write the one that is meant; a value of several words can stand in quotes
    "#]],
    );
    check(
        Kuery,
        "process.name \"cmd.exe\"",
        expect![[r#"
            1:14 KQL013 `:` is missing after `process.name`
              help: write `process.name: "cmd.exe"`
        "#]],
    );
    check(
        Kuery,
        "process.name: (a or user.name: b)",
        expect![[r#"
            1:30 KQL010 `:` inside a list of values
              help: a list holds values of one field; put the value in quotes, or close the list before
        "#]],
    );
}

#[test]
fn operators_of_other_languages() {
    check(
        Kuery,
        "process.name == cmd.exe",
        expect![[r#"
        1:14 KQL011 `==` is no operator of KQL
          help: write `field: value`; a text that has this word stands in quotes
    "#]],
    );
    check(
        Kuery,
        "process.name = \"cmd.exe\" and a: b",
        expect![[r#"
        1:14 KQL011 `=` is no operator of KQL
          help: write `field: value`; a text that has this word stands in quotes
    "#]],
    );
    check(
        Kuery,
        "event.action != start",
        expect![[r#"
        1:14 KQL011 `!=` is no operator of KQL
          help: write `not field: value`
    "#]],
    );
    check(
        Kuery,
        "process.name in (\"a\", \"b\")",
        expect![[r#"
        1:14 KQL011 `in` is no operator of KQL
          help: write `field: (a or b)`
    "#]],
    );
    check(
        Kuery,
        "a.b: c && d.e: f",
        expect![[r#"
            1:8 KQL011 `&&` is no operator of KQL
              help: write `and`
        "#]],
    );
    check(
        Kuery,
        "destination.port: > 1024",
        expect![[r#"
        1:19 KQL010 `>` after `:`
          help: a range has no colon: `destination.port > value`
    "#]],
    );
    check(
        Kuery,
        "destination.port: (80 or > 1024)",
        expect![[r#"
        1:26 KQL010 `>` inside a list of values
          help: write the range outside the list: `destination.port > value`
    "#]],
    );
    check(
        Kuery,
        "event.action=start",
        expect![[r#"
        1:1 KQL053 `event.action=start` names no field
          help: a value follows a colon: `field: value`
    "#]],
    );
}

#[test]
fn texts_and_escapes() {
    check(
        Kuery,
        "process.executable: C\\:\\Windows",
        expect![[r#"
        1:24 KQL005 `\W` is no escape
          help: a backslash is written `\\`; in quotes, `"C:\Windows"` is taken as it stands
    "#]],
    );
    check(
        Kuery,
        "process.name: \"cmd.exe",
        expect![[r#"
        1:15 KQL004 the quoted text does not end
          help: close the text with `"`; a quote inside it is written `\"`, a backslash before the last one `\\`
    "#]],
    );
    check(
        Kuery,
        "process.name: \\u12",
        expect![[r#"
        1:15 KQL005 `\u` is not followed by the number of a character
          help: write four hexadecimal digits, as in `\u00e9`; others than D800 to DFFF
    "#]],
    );
    check(
        Kuery,
        "a.b: x\\",
        expect![[r#"
        1:7 KQL005 a backslash ends the query
          help: a backslash is written `\\`; in quotes, `"C:\Windows"` is taken as it stands
    "#]],
    );
}

#[test]
fn names_and_types() {
    check(
        Kuery,
        "cmd.exe",
        expect![[r#"
        1:1 KQL053 `cmd.exe` names no field
          help: write `field: cmd.exe`
    "#]],
    );
    check(
        Kuery,
        "destination.port: http",
        expect![[r#"
        1:19 KQL054 `http` is no number, and `destination.port` is of type long
          help: write a number
    "#]],
    );
    check(
        Kuery,
        "destination.port: 80*",
        expect![[r#"
        1:19 KQL054 `80*` has a wildcard, and `destination.port` is of type long
          help: write a range, such as `field >= value`
    "#]],
    );
    check(
        Kuery,
        "source.ip: 10.0.*",
        expect![[r#"
        1:12 KQL054 `10.0.*` has a wildcard, and `source.ip` is of type ip
          help: write an address, or a block such as `10.0.0.0/8`
    "#]],
    );
    check(
        Kuery,
        "source.ip: 10.0.0.0/33",
        expect![[r#"
        1:12 KQL054 `10.0.0.0/33` is no address block: the prefix length `33` is not a number from 0 to 32
          help: write an address with a prefix length, such as "10.0.0.0/8" or "fe80::/10"
    "#]],
    );
    check(
        Kuery,
        "source.ip: localhost",
        expect![[r#"
        1:12 KQL054 `localhost` is no address, and `source.ip` is of type ip
          help: write an address such as `10.0.0.1` or `"fe80::1"`, or a block such as `10.0.0.0/8`
    "#]],
    );
    check(
        Kuery,
        "boolean: yes",
        expect![[r#"
        1:10 KQL054 `yes` is neither true nor false, and `boolean` is of type boolean
          help: write `true` or `false`, in lower case
    "#]],
    );
    check(
        Kuery,
        "date: yesterday",
        expect![[r#"
        1:7 KQL054 `yesterday` is no date, and `date` is of type date
          help: write ISO 8601, such as `"2026-01-31T12:00:00Z"`, epoch milliseconds, or date math
    "#]],
    );
    check(
        Kuery,
        "date > now-5x",
        expect![[r#"
            1:8 KQL055 `-5x` is no date math
              help: write a sign, a number and a unit of y, M, w, d, h, m and s, or `/` and a unit: `now-5m/d`
        "#]],
    );
    check(
        Kuery,
        "date > now-5m",
        expect![[r#"
        1:8 KQL055 `now` is no moment here
          help: write a date: an event is judged by its own time, not by the time of the run
    "#]],
    );
    check(
        Kuery,
        "own > now-5m",
        expect![[r#"
        1:7 KQL055 `own` has no type, so `now-5m` is no date
          help: declare the field as a date in a mapping
    "#]],
    );
    check(
        Kuery,
        "place: x",
        expect![[r#"
        1:1 KQL051 `place` is of type geo_point, which cannot be searched
          help: use a field of a type that can be searched
    "#]],
    );
    check(
        Kuery,
        "mixed: x",
        expect![[r#"
        1:1 KQL052 `mixed` has different types: keyword in a; long in b
          help: search the sources one by one, or give them mappings that agree
    "#]],
    );
    check(
        Kuery,
        "text > 5",
        expect![[r#"
        1:8 KQL054 `text` is a text, which has no ranges
          help: name the values that are meant
    "#]],
    );
    check(
        Kuery,
        "destination.port > 10*",
        expect![[r#"
        1:20 KQL016 `10*` is no bound: it has a wildcard
          help: name the bound, or put it in quotes
    "#]],
    );
    check(
        Kuery,
        "winlog.event_data.*: x",
        expect![[r#"
        1:1 KQL050 no known field matches `winlog.event_data.*`
          help: only ECS fields and those of a mapping are known by name; write the whole name, or declare the fields in a mapping
    "#]],
    );
    check(
        Kuery,
        "*: x",
        expect![[r#"
        1:1 KQL057 `*` stands for 2346 fields, at most 1024 are tested
          help: name the fields that are meant
    "#]],
    );
    check(
        Kuery,
        "file.elf.sections.name: x",
        expect![[r#"
        1:1 KQL051 `file.elf.sections.name` is of type nested, which cannot be searched
          help: write `file.elf.sections: { name: value }` for a field of nested objects
    "#]],
    );
    check(
        Kuery,
        "items: { name: a and size: 3 }",
        expect![[r#"
        1:10 KQL056 which nested object a value came from is not kept
          help: inside the braces only values joined by `or` can be told; test the others outside, where they may be of different objects
    "#]],
    );
    check(
        Kuery,
        "items: { not name: a }",
        expect![[r#"
        1:10 KQL056 which nested object a value came from is not kept
          help: inside the braces only values joined by `or` can be told; test the others outside, where they may be of different objects
    "#]],
    );
    check(
        Kuery,
        "items.*: { name: a }",
        expect![[r#"
        1:1 KQL056 `items.*` names no nested field: it has a wildcard
          help: write the field's whole name
    "#]],
    );
}

#[test]
fn query_strings_of_lucene() {
    check(
        Lucene,
        "process.name:a and user.name:b",
        expect![[r#"
        1:16 KQL012 `and` is a word to be searched for
          help: the operator is written `AND`; for the word write `"and"`
    "#]],
    );
    check(
        Lucene,
        "process.name:cmd.exe exe",
        expect![[r#"
        1:22 KQL053 `exe` names no field
          help: write `field:exe`; a value of several words stands in quotes, several values in parentheses
    "#]],
    );
    check(
        Lucene,
        "process.name:cmd.exe~1",
        expect![[r#"
        1:21 KQL017 `~1` asks for likeness
          help: neither fuzzy terms nor distances between words can be matched exactly; write the values that are meant, or use wildcards
    "#]],
    );
    check(
        Lucene,
        "\"a b\"~3",
        expect![[r#"
        1:6 KQL017 `~3` asks for likeness
          help: neither fuzzy terms nor distances between words can be matched exactly; write the values that are meant, or use wildcards
    "#]],
    );
    check(
        Lucene,
        "ip:10.0.0.0/8",
        expect![[r#"
        1:12 KQL010 `/` inside a value begins a regular expression
          help: write `\/` for the character, or put the value in quotes
    "#]],
    );
    check(
        Lucene,
        "source.ip:fe80::1",
        expect![[r#"
            1:15 KQL010 `:` inside a value
              help: put the value in quotes, or write `\:` for the character
        "#]],
    );
    check(
        Lucene,
        "destination.port:[1 5]",
        expect![[r#"
        1:18 KQL016 `[` begins no range that can be read
          help: write `[from TO to]`, `{from TO to}` without the ends, or `*` for an open end
    "#]],
    );
    check(
        Lucene,
        "destination.port:[1 TO 5",
        expect![[r#"
        1:18 KQL016 `[` begins no range that can be read
          help: write `[from TO to]`, `{from TO to}` without the ends, or `*` for an open end
    "#]],
    );
    check(
        Lucene,
        "destination.port:-5",
        expect![[r#"
            1:18 KQL010 `-` at the front of a value
              help: write `destination.port:\-5`, or `destination.port:"-5"`
        "#]],
    );
    check(
        Lucene,
        "destination.port:> 5",
        expect![[r#"
        1:1 KQL016 a range without a value
          help: write the value right after the sign, as in `field:>=10`
    "#]],
    );
    check(
        Lucene,
        "destination.port:",
        expect![[r#"
        1:18 KQL014 `destination.port` has no value
          help: write one after the colon, or `destination.port:*` to ask whether there is any
    "#]],
    );
    check(
        Lucene,
        "AND a:b",
        expect![[r#"
        1:1 KQL014 a condition is missing before `AND`
          help: write one, or remove `AND`; the word itself stands in quotes
    "#]],
    );
    check(
        Lucene,
        "a:b AND",
        expect![[r#"
        1:8 KQL014 a condition is missing at the end
          help: write one, or remove the operator or the parentheses
    "#]],
    );
    check(
        Lucene,
        "a:b AND OR c:d",
        expect![[r#"
        1:9 KQL014 a condition is missing before `OR`
          help: write one, or remove the operator or the parentheses
    "#]],
    );
    check(
        Lucene,
        "(a:b",
        expect![[r#"
        1:1 KQL015 `(` is not closed
          help: close it with `)`
    "#]],
    );
    check(
        Lucene,
        "a:b)",
        expect![[r#"
        1:4 KQL015 `)` closes nothing
          help: remove it, or open it before
    "#]],
    );
    check(
        Lucene,
        "a:/x",
        expect![[r#"
        1:3 KQL004 the regular expression does not end
          help: close it with `/`; the character is written `\/`, or the value stands in quotes
    "#]],
    );
    check(
        Lucene,
        "a:\"x",
        expect![[r#"
        1:3 KQL004 the quoted text does not end
          help: close the text with `"`; a quote inside it is written `\"`, a backslash `\\`
    "#]],
    );
    check(
        Lucene,
        "keyword:/[/",
        expect![[r#"
        1:1 KQL058 the expression ends where a character is expected
          help: write `()` for the empty text
    "#]],
    );
    check(
        Lucene,
        "destination.port:/1+/",
        expect![[r#"
        1:1 KQL054 `destination.port` is of type long
          help: a regular expression takes a keyword field
    "#]],
    );
    check(
        Lucene,
        "text:/x/",
        expect![[r#"
        1:1 KQL054 `text` is a text, which is searched by words
          help: a regular expression takes a keyword field
    "#]],
    );
    check(
        Lucene,
        "a == b",
        expect![[r#"
        1:3 KQL011 `==` is no operator of Lucene
          help: write `field:value`
    "#]],
    );
    check(
        Lucene,
        "a:b ]",
        expect![[r#"
        1:5 KQL015 `]` closes nothing
          help: remove it, or write `\]` for the character
    "#]],
    );
    check(
        Lucene,
        "_exists_:",
        expect![[r#"
        1:10 KQL014 `_exists_` has no value
          help: write one after the colon, or `_exists_:*` to ask whether there is any
    "#]],
    );
}
