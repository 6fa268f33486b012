//! How the formatter writes a query.

use brokerwatch_kql::ast::Language::{self, Kuery, Lucene};
use brokerwatch_kql::format;
use expect_test::{Expect, expect};

use crate::parse;

/// The query is written like this, and reading that gives the same tree.
#[track_caller]
fn check(language: Language, query: &str, expected: &str) {
    let tree = parse(language, query).expect(query);
    let written = format(&tree);
    assert_eq!(written, expected);
    assert_eq!(parse(language, &written).expect(&written), tree, "{written}");
}

#[track_caller]
fn check_long(language: Language, query: &str, expected: Expect) {
    let tree = parse(language, query).expect(query);
    let written = format(&tree);
    expected.assert_eq(&written);
    assert_eq!(parse(language, &written).expect(&written), tree, "{written}");
}

#[test]
fn kql() {
    for (query, expected) in [
        ("", "*"),
        ("*:*", "*"),
        ("a:b AND c :d", "a: b and c: d"),
        ("((a:b) or (c:d or e:f))", "a: b or c: d or e: f"),
        ("(a:b or c:d) and e:f", "(a: b or c: d) and e: f"),
        ("a:b or c:d and e:f", "a: b or c: d and e: f"),
        ("not(a:b or c:d)", "not (a: b or c: d)"),
        ("not(a:b and a:c)", "not a: (b and c)"),
        ("a:b or a:c or a:d*", "a: (b or c or d*)"),
        ("a:(b or c) and a:d", "a: ((b or c) and d)"),
        ("a:b and not a:c", "a: (b and not c)"),
        ("not a:b and not a:c", "not a: b and not a: c"),
        ("a>1 and a <= 5", "a > 1 and a <= 5"),
        ("a:\"x y\"", "a: \"x y\""),
        (r#"a:"C:\x\"y""#, r#"a: "C:\\x\"y""#),
        (r"a: C\:\\x\*", r"a: C\:\\x\*"),
        (r"a: x  y\u0020\u0020z\u0020", r"a: x y\u0020\u0020z\u0020"),
        (r"a: \or b \not", r"a: \or b \not"),
        (r"a: \u0000\t\u00a0é", r"a: \u0000\t\u00a0é"),
        (r"a: x\u0020or", r"a: x \or"),
        (r"a: \u0020or", r"a: \u0020or"),
        ("a: { b:c or d:e }", "a: { b: c or d: e }"),
        ("foo and \"bar baz\"", "foo and \"bar baz\""),
        (r"\u003d\u003d", r"\u003d="),
        ("a: b* c *", "a: b* c *"),
        ("not not a:b", "not not a: b"),
        ("\"a b\" : *", "\"a b\": *"),
    ] {
        check(Kuery, query, expected);
    }
}

#[test]
fn lucene() {
    for (query, expected) in [
        ("", "*:*"),
        ("*", "*:*"),
        ("a:b c:d", "a:b OR c:d"),
        ("+a:b +c:d", "a:b AND c:d"),
        ("a:b && !c:d", "a:b AND NOT c:d"),
        ("a:b OR c:d AND e:f", "a:b +c:d +e:f"),
        ("+a:b -c:d e:f", "+a:b -c:d e:f"),
        ("(a:b OR c:d) AND e:f", "(a:b OR c:d) AND e:f"),
        ("a:b OR (NOT c:d)", "a:b OR (NOT c:d)"),
        ("-a:b -c:d", "NOT a:b AND NOT c:d"),
        ("-a:b -a:d", "NOT a:b AND NOT a:d"),
        ("NOT (a:b c:d)", "NOT (a:b OR c:d)"),
        ("NOT a:(b c)", "NOT a:(b OR c)"),
        ("a:b a:c a:[1 TO 2}", "a:(b OR c OR [1 TO 2})"),
        ("a:(+b -c d)", "a:(+b -c d)"),
        ("a:{1 TO *}", "a:>1"),
        ("a:[* TO 1]", "a:<=1"),
        ("a:[* TO *]", "_exists_:a"),
        ("a:*", "_exists_:a"),
        (r"a:[\* TO \TO]", r"a:[\* TO \TO]"),
        (r"b.\*:x", r"b.\*:x"),
        ("b.*:x", r"b.\*:x"),
        (r"_exists_:b.\*", r"_exists_:b.\*"),
        (r"a:C\:\\x\ y\-z", r"a:C\:\\x\ y-z"),
        (r"a:\-5^3", r"a:\-5"),
        (r"a:/x\/y+/", r"a:/x\/y+/"),
        (r"a:\AND OR a:\or", r"a:(\AND OR \or)"),
        (r#"a:"x \"y\\""#, r#"a:"x \"y\\""#),
        ("foo \"bar baz\" fo?*", "foo OR \"bar baz\" OR fo?*"),
        (r"\=\=", r"\=="),
        ("a:>\\=5", "a:>\\=5"),
    ] {
        check(Lucene, query, expected);
    }
}

#[test]
fn long_queries_have_a_line_for_each_part() {
    check_long(
        Kuery,
        "event.category: process and process.name: (powershell.exe or cmd.exe or wscript.exe or cscript.exe or mshta.exe or rundll32.exe or regsvr32.exe) and not (user.id: S-1-5-18 or process.parent.executable: \"C:\\\\Program Files\\\\Agent\\\\agent.exe\" or process.args: --quiet)",
        expect![[r#"
            event.category: process and
            process.name: (
              powershell.exe or
              cmd.exe or
              wscript.exe or
              cscript.exe or
              mshta.exe or
              rundll32.exe or
              regsvr32.exe
            ) and
            not (
              user.id: S-1-5-18 or
              process.parent.executable: "C:\\Program Files\\Agent\\agent.exe" or
              process.args: --quiet
            )"#]],
    );
    check_long(
        Lucene,
        "event.category:process AND process.name:(powershell.exe OR cmd.exe OR wscript.exe OR cscript.exe OR mshta.exe OR rundll32.exe OR regsvr32.exe OR bitsadmin.exe) AND NOT (user.id:S-1-5-18 process.args:\"--quiet\") AND (+a:b -c:d e:f)",
        expect![[r#"
            event.category:process AND
            process.name:(
              powershell.exe OR
              cmd.exe OR
              wscript.exe OR
              cscript.exe OR
              mshta.exe OR
              rundll32.exe OR
              regsvr32.exe OR
              bitsadmin.exe
            ) AND
            NOT (user.id:S-1-5-18 OR process.args:"--quiet") AND
            (+a:b -c:d e:f)"#]],
    );
}
