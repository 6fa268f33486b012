//! Queries and documents: which are found. Every case runs through both evaluators.

use brokerwatch_ecs::{FieldMapping, Mapped, Schema, Type};
use brokerwatch_kql::ast::Language::{self, Kuery, Lucene};
use brokerwatch_kql::{Options, lower, parse_kql};
use expect_test::expect;

use crate::{holds, lowered, options, render};

#[track_caller]
fn table(language: Language, options: &Options, cases: &[(&str, &str, bool)]) {
    for (query, document, expected) in cases {
        let lowered = match lowered(language, query, options) {
            Ok(lowered) => lowered,
            Err(errors) => panic!("{query}\n{}", render(query, &errors)),
        };
        let found = holds(&lowered.condition, document);
        assert_eq!(found, *expected, "{query} on {document}, as {}", lowered.condition);
    }
}

#[test]
fn kql_operators_and_lists() {
    table(
        Kuery,
        &options(),
        &[
            ("", "{}", true),
            ("  ", "{}", true),
            ("*", "{}", true),
            ("*:*", "{}", true),
            ("* : *", "{}", true),
            ("keyword: a", r#"{"keyword": "a"}"#, true),
            ("keyword: a", r#"{"keyword": "A"}"#, false),
            ("keyword: a", r#"{"keyword": ["b", "a"]}"#, true),
            ("keyword: a", "{}", false),
            ("not keyword: a", "{}", true),
            ("NOT keyword: a", r#"{"keyword": ["b", "a"]}"#, false),
            ("not not keyword: a", r#"{"keyword": "a"}"#, true),
            ("keyword: *", r#"{"keyword": ""}"#, true),
            ("keyword: *", "{}", false),
            ("not keyword: *", "{}", true),
            (r#""keyword": a"#, r#"{"keyword": "a"}"#, true),
            // `or` is looser than `and`, and that than `not`.
            ("keyword: a or long: 1 and double: 2", r#"{"keyword": "a"}"#, true),
            ("keyword: a OR long: 1 And double: 2", r#"{"long": 1}"#, false),
            ("(keyword: a or long: 1) and double: 2", r#"{"keyword": "a"}"#, false),
            ("not keyword: a and long: 1", r#"{"keyword": "b", "long": 1}"#, true),
            ("not keyword: a and long: 1", r#"{"keyword": "b"}"#, false),
            ("not (keyword: a and long: 1)", r#"{"keyword": "a"}"#, true),
            // Each value of a list is a test of its own, on any of the field's values.
            ("keyword: (a or b)", r#"{"keyword": "b"}"#, true),
            ("keyword: (a and b)", r#"{"keyword": ["b", "a"]}"#, true),
            ("keyword: (a and b)", r#"{"keyword": "a"}"#, false),
            ("keyword: (a or b and not c)", r#"{"keyword": ["b", "c"]}"#, false),
            ("keyword: (a or b and not c)", r#"{"keyword": ["a", "c"]}"#, true),
            ("keyword: ((a or b) and not (c or d))", r#"{"keyword": "b"}"#, true),
            ("keyword: (* and not a)", r#"{"keyword": "b"}"#, true),
            ("keyword: (* and not a)", "{}", false),
            ("not keyword: (a or b)", r#"{"keyword": "c"}"#, true),
        ],
    );
}

#[test]
fn kql_values_and_escapes() {
    table(
        Kuery,
        &options(),
        &[
            ("keyword: Tech Lead", r#"{"keyword": "Tech Lead"}"#, true),
            ("keyword: Tech   Lead", r#"{"keyword": "Tech Lead"}"#, true),
            ("keyword: Tech Lead", r#"{"keyword": "Tech"}"#, false),
            ("keyword: Tech Lead and long: 1", r#"{"keyword": "Tech Lead", "long": 1}"#, true),
            (r#"keyword: "Tech Lead""#, r#"{"keyword": "Tech Lead"}"#, true),
            (r#"keyword: """#, r#"{"keyword": ""}"#, true),
            (r"keyword: C\:\\Windows", r#"{"keyword": "C:\\Windows"}"#, true),
            (r#"keyword: "C:\Windows""#, r#"{"keyword": "C:\\Windows"}"#, true),
            (r#"keyword: "a \"b\"""#, r#"{"keyword": "a \"b\""}"#, true),
            (r"keyword: \and", r#"{"keyword": "and"}"#, true),
            (r"keyword: salt \AND pepper", r#"{"keyword": "salt AND pepper"}"#, true),
            (r"keyword: \nothing", r#"{"keyword": "\nothing"}"#, true),
            (r"keyword: \not", r#"{"keyword": "not"}"#, true),
            (r"keyword: caf\u00e9", r#"{"keyword": "café"}"#, true),
            (r#"keyword: "caf\u00e9\t""#, r#"{"keyword": "café\t"}"#, true),
            ("keyword: android", r#"{"keyword": "android"}"#, true),
            ("keyword: notepad.exe", r#"{"keyword": "notepad.exe"}"#, true),
            // Wildcards.
            ("keyword: *.exe", r#"{"keyword": "cmd.exe"}"#, true),
            ("keyword: *.exe", r#"{"keyword": "cmd.EXE"}"#, false),
            ("keyword: c*.e*e", r#"{"keyword": "cmd.exe"}"#, true),
            (r#"keyword: "*.exe""#, r#"{"keyword": "cmd.exe"}"#, false),
            (r#"keyword: "*.exe""#, r#"{"keyword": "*.exe"}"#, true),
            (r"keyword: \*x*", r#"{"keyword": "*xy"}"#, true),
            (r"keyword: \*x*", r#"{"keyword": "axy"}"#, false),
            ("keyword: what?*", r#"{"keyword": "what? no"}"#, true),
            ("keyword: what?*", r#"{"keyword": "whats no"}"#, false),
            (r"keyword: a\*b\nc*", r#"{"keyword": "a*b\ncd\ne"}"#, true),
            ("keyword: net user*", r#"{"keyword": "net user /add"}"#, true),
            ("keyword: (a* or *z)", r#"{"keyword": "xyz"}"#, true),
        ],
    );
}

#[test]
fn kql_types() {
    table(
        Kuery,
        &options(),
        &[
            ("long: 1883", r#"{"long": 1883}"#, true),
            (r#"long: "1883""#, r#"{"long": 1883}"#, true),
            ("long: 1883.0", r#"{"long": 1883}"#, true),
            ("long: 1883.5", r#"{"long": 1883}"#, false),
            ("long: -3", r#"{"long": -3}"#, true),
            ("long: (1 or 2 or 2.5)", r#"{"long": 2}"#, true),
            ("long > 5 and long < 7", r#"{"long": 6}"#, true),
            // Two ranges are two tests, each of which may choose its own value.
            ("long > 100 and long < 200", r#"{"long": [50, 250]}"#, true),
            ("long>=6", r#"{"long": 6}"#, true),
            ("long > 6", r#"{"long": 6}"#, false),
            ("long <= 6", r#"{"long": 6}"#, true),
            ("long < 6", "{}", false),
            ("not long < 6", "{}", true),
            ("double >= 2.5", r#"{"double": 2.5}"#, true),
            ("double: 2.5", r#"{"double": 2.5}"#, true),
            ("boolean: true", r#"{"boolean": true}"#, true),
            ("boolean: false", r#"{"boolean": true}"#, false),
            ("boolean: false", "{}", false),
            ("ip: 10.0.0.1", r#"{"ip": "10.0.0.1"}"#, true),
            (r#"ip: "::ffff:10.0.0.1""#, r#"{"ip": "10.0.0.1"}"#, true),
            ("ip: 10.0.0.0/8", r#"{"ip": "10.9.9.9"}"#, true),
            ("ip: 10.0.0.0/8", "{}", false),
            ("not ip: 10.0.0.0/8", "{}", true),
            ("ip: (10.0.0.0/8 or 192.168.0.0/16 or 1.1.1.1)", r#"{"ip": "192.168.3.4"}"#, true),
            ("ip: (10.0.0.0/8 or 192.168.0.0/16 or 1.1.1.1)", r#"{"ip": "1.1.1.2"}"#, false),
            (r#"ip: "fe80::/10""#, r#"{"ip": "fe80::1"}"#, true),
            ("ip >= 10.0.0.1 and ip < 10.0.1.0", r#"{"ip": "10.0.0.200"}"#, true),
            ("version >= 1.11.0", r#"{"version": "1.5.0"}"#, false),
            ("version: 1.5*", r#"{"version": "1.5.0"}"#, true),
            ("version: 1.5.0", r#"{"version": "1.5.0"}"#, true),
            ("keyword > b", r#"{"keyword": "c"}"#, true),
            // Dates: a day is a span, and rounding gives one too.
            ("date: 2026-03-18", r#"{"date": "2026-03-18T23:00:00Z"}"#, true),
            ("date > 2026-03-18", r#"{"date": "2026-03-18T23:00:00Z"}"#, false),
            ("date >= 2026-03-18", r#"{"date": "2026-03-18T00:00:00Z"}"#, true),
            (r#"date <= "2026-03-18T10:00:00Z""#, r#"{"date": "2026-03-18T10:00:00.500Z"}"#, true),
            ("date > now-5m", r#"{"date": "2026-03-18T10:15:31Z"}"#, true),
            ("date > now-5m", r#"{"date": "2026-03-18T10:15:30Z"}"#, false),
            ("date < now/d", r#"{"date": "2026-03-17T23:59:59Z"}"#, true),
            ("date <= now/d", r#"{"date": "2026-03-18T23:59:59Z"}"#, true),
            ("date >= 2024-01-01||+1M/d", r#"{"date": "2024-02-01T00:00:00Z"}"#, true),
            ("date: now/d", r#"{"date": "2026-03-18T01:00:00Z"}"#, true),
            ("date: 1773829230000", r#"{"date": "2026-03-18T10:20:30Z"}"#, true),
            // A field that is declared nowhere takes a value as what the document has.
            ("own: 1883", r#"{"own": 1883}"#, true),
            ("own: 1883", r#"{"own": "1883"}"#, true),
            ("own: true", r#"{"own": true}"#, true),
            ("own: x*", r#"{"own": "xy"}"#, true),
            ("own > 5", r#"{"own": 6}"#, true),
            ("own > 5", r#"{"own": "6"}"#, false),
            ("own > b", r#"{"own": "c"}"#, true),
            ("own: *", r#"{"own": false}"#, true),
            // ECS types.
            (
                "destination.port: 443 and source.ip: 10.0.0.0/8",
                r#"{"destination.port": 443, "source.ip": "10.1.1.1"}"#,
                true,
            ),
        ],
    );
}

#[test]
fn text_is_searched_by_words() {
    table(
        Kuery,
        &options(),
        &[
            ("text: error", r#"{"text": "An ERROR occurred"}"#, true),
            ("text: error", r#"{"text": "errors occurred"}"#, false),
            ("text: Occurred", r#"{"text": "An error\noccurred."}"#, true),
            // Any of the words, or in quotes all in a row.
            ("text: failed error", r#"{"text": "an error"}"#, true),
            (r#"text: "an error""#, r#"{"text": "there was: An -- Error!"}"#, true),
            (r#"text: "an error""#, r#"{"text": "an old error"}"#, false),
            ("text: err*", r#"{"text": "some errors"}"#, true),
            ("text: (an and error)", r#"{"text": "error of an app"}"#, true),
            ("text: überfall", r#"{"text": "Der ÜBERFALL"}"#, true),
            ("text: a_b", r#"{"text": "x a_b y"}"#, true),
            ("text: --", r#"{"text": "--"}"#, false),
            ("text: *", r#"{"text": "--"}"#, true),
            ("not text: error", "{}", true),
            // ECS defines these as texts; the text beside a keyword is found under the keyword's name.
            ("message: denied", r#"{"message": "Access Denied"}"#, true),
            ("process.name.text: CMD", r#"{"process.name": "cmd.exe"}"#, true),
            ("process.name: CMD", r#"{"process.name": "cmd.exe"}"#, false),
        ],
    );
    let texts = Options { text_fields: ["keyword".to_owned()].into(), ..options() };
    table(Kuery, &texts, &[("keyword: b", r#"{"keyword": "A B"}"#, true)]);
}

#[test]
fn names_with_wildcards_stand_for_known_fields() {
    table(
        Kuery,
        &options(),
        &[
            ("source.*p: 10.0.0.1", r#"{"source.ip": "10.0.0.1"}"#, true),
            ("*.port: 1883", r#"{"destination.port": 1883}"#, true),
            ("*.port: 1883", r#"{"destination.port": 1884, "source.port": 1885}"#, false),
            ("not *.port: 1883", "{}", true),
            // Fields whose type does not take the value are left out.
            ("host.*: web", r#"{"host.name": "web"}"#, true),
            ("process.parent.n*: (cmd.exe or sh)", r#"{"process.parent.name": "sh"}"#, true),
            ("source.*: *", r#"{"source.port": 1}"#, true),
            ("source.*: *", r#"{"destination.port": 1}"#, false),
            // An object is there if any of its fields is.
            ("source: *", r#"{"source.port": 1}"#, true),
            ("not source: *", "{}", true),
        ],
    );
    table(
        Lucene,
        &options(),
        &[
            (r"\*.port:1883", r#"{"destination.port": 1883}"#, true),
            ("*.port:1883", r#"{"destination.port": 1883}"#, true),
            (r"_exists_:source.\*", r#"{"source.port": 1}"#, true),
        ],
    );
}

#[test]
fn values_without_a_field_are_looked_for_in_the_default_fields() {
    let fields = ["keyword", "long", "text", "source.*"].map(str::to_owned);
    let options = Options { default_fields: fields.into(), ..options() };
    table(
        Kuery,
        &options,
        &[
            ("1883", r#"{"long": 1883}"#, true),
            ("1883", r#"{"keyword": "1883"}"#, true),
            ("abc", r#"{"keyword": "abc"}"#, true),
            ("abc", r#"{"text": "x ABC"}"#, true),
            ("abc", r#"{"own": "abc"}"#, false),
            ("abc and 7", r#"{"keyword": "abc", "long": 7}"#, true),
            ("(abc or def) and not 7", r#"{"keyword": "def"}"#, true),
            ("10.0.0.1", r#"{"source.ip": "10.0.0.1"}"#, true),
            ("foo and keyword: bar", r#"{"keyword": ["foo", "bar"]}"#, true),
        ],
    );
    table(
        Lucene,
        &options,
        &[
            ("abc def", r#"{"keyword": "def"}"#, true),
            ("+abc +7", r#"{"keyword": "abc"}"#, false),
            ("\"x abc\"", r#"{"text": "X, ABC"}"#, true),
            (">5", r#"{"long": 6}"#, true),
        ],
    );
}

#[test]
fn text_without_regard_to_case() {
    let options = Options { case_insensitive: true, ..options() };
    table(
        Kuery,
        &options,
        &[
            ("keyword: CMD.exe", r#"{"keyword": "cmd.EXE"}"#, true),
            ("keyword: (a or CMD.*)", r#"{"keyword": "cmd.EXE"}"#, true),
            ("keyword: (a or B or c)", r#"{"keyword": "b"}"#, true),
            ("own: (TRUE or 7)", r#"{"own": 7}"#, true),
            (r"keyword: \*A*", r#"{"keyword": "*ab"}"#, true),
        ],
    );
    table(Lucene, &options, &[("keyword:/a[b]+/", r#"{"keyword": "ABB"}"#, true)]);
}

#[test]
fn nested_objects_take_a_choice_of_values() {
    table(
        Kuery,
        &options(),
        &[
            (
                "file.elf.sections: { name: .text }",
                r#"{"file.elf.sections.name": [".bss", ".text"]}"#,
                true,
            ),
            ("items: { name: (a or b) or size > 3 }", r#"{"items.size": 4}"#, true),
            ("not items: { name: a }", "{}", true),
            ("items: { parts: { name: a* } }", r#"{"items.parts.name": "ab"}"#, true),
        ],
    );
}

#[test]
fn lucene_clauses() {
    table(
        Lucene,
        &options(),
        &[
            ("", "{}", true),
            ("*", "{}", true),
            ("*:*", "{}", true),
            ("keyword:a", r#"{"keyword": "a"}"#, true),
            ("keyword: a", r#"{"keyword": "a"}"#, true),
            ("keyword:a long:1", r#"{"long": 1}"#, true),
            ("keyword:a OR long:1", r#"{"keyword": "a"}"#, true),
            ("keyword:a || long:1", r#"{"keyword": "a"}"#, true),
            ("keyword:a AND long:1", r#"{"keyword": "a"}"#, false),
            ("keyword:a && long:1", r#"{"keyword": "a", "long": 1}"#, true),
            ("NOT keyword:a", "{}", true),
            ("!keyword:a", r#"{"keyword": "a"}"#, false),
            ("-keyword:a", r#"{"keyword": "b"}"#, true),
            ("-keyword:a -long:1", r#"{"long": 1}"#, false),
            ("+keyword:a -long:1", r#"{"keyword": "a"}"#, true),
            ("+keyword:a -long:1", r#"{"keyword": "a", "long": 1}"#, false),
            ("keyword:a -long:1", r#"{"long": 2}"#, false),
            ("keyword:a AND NOT long:1", r#"{"keyword": "a"}"#, true),
            ("keyword:a OR NOT long:1", r#"{"keyword": "b"}"#, false),
            ("keyword:a OR (NOT long:1)", r#"{"keyword": "b"}"#, true),
            // `AND` marks its neighbours, so that the first clause decides nothing.
            ("keyword:a OR long:1 AND double:2", r#"{"keyword": "a"}"#, false),
            ("keyword:a OR long:1 AND double:2", r#"{"long": 1, "double": 2}"#, true),
            ("(keyword:a OR long:1) AND double:2", r#"{"keyword": "a", "double": 2}"#, true),
            ("keyword:(a OR b)", r#"{"keyword": "b"}"#, true),
            ("keyword:(a b)", r#"{"keyword": "b"}"#, true),
            ("keyword:(a AND b)", r#"{"keyword": "b"}"#, false),
            ("keyword:(+a -b)", r#"{"keyword": "a"}"#, true),
            ("keyword:(+a -b)", r#"{"keyword": ["a", "b"]}"#, false),
            ("keyword:(a OR long:1)", r#"{"long": 1}"#, true),
            ("keyword:a^2 AND (long:1)^0.5", r#"{"keyword": "a", "long": 1}"#, true),
        ],
    );
}

#[test]
fn lucene_values() {
    table(
        Lucene,
        &options(),
        &[
            ("_exists_:keyword", r#"{"keyword": ""}"#, true),
            ("_exists_:keyword", "{}", false),
            ("NOT _exists_:keyword", "{}", true),
            ("keyword:*", r#"{"keyword": ""}"#, true),
            ("keyword:[* TO *]", r#"{"keyword": ""}"#, true),
            (r#"keyword:"a b""#, r#"{"keyword": "a b"}"#, true),
            (r"keyword:a\ b", r#"{"keyword": "a b"}"#, true),
            (r"keyword:C\:\\Windows\\*", r#"{"keyword": "C:\\Windows\\cmd.exe"}"#, true),
            (r#"keyword:"C:\\Windows""#, r#"{"keyword": "C:\\Windows"}"#, true),
            (r"keyword:caf\u00e9", r#"{"keyword": "café"}"#, true),
            (r"keyword:\AND", r#"{"keyword": "AND"}"#, true),
            ("keyword:a-b", r#"{"keyword": "a-b"}"#, true),
            ("keyword:c?d.*", r#"{"keyword": "cmd.exe"}"#, true),
            ("keyword:c?d.*", r#"{"keyword": "cd.exe"}"#, false),
            (r"keyword:\?*", r#"{"keyword": "?x"}"#, true),
            (r"keyword:\?*", r#"{"keyword": "xx"}"#, false),
            ("keyword:/[a-c]+d?/", r#"{"keyword": "abcd"}"#, true),
            ("keyword:/[a-c]+/", r#"{"keyword": "abcd"}"#, false),
            (r"keyword:/a\/b/", r#"{"keyword": "a/b"}"#, true),
            (r"ip:10.0.0.0\/8", r#"{"ip": "10.0.0.7"}"#, true),
            (r#"ip:"10.0.0.0/8""#, r#"{"ip": "10.0.0.7"}"#, true),
            ("long:[1 TO 5]", r#"{"long": 5}"#, true),
            ("long:{1 TO 5}", r#"{"long": 5}"#, false),
            ("long:[1 TO 5}", r#"{"long": 1}"#, true),
            ("long:{1 TO 5]", r#"{"long": 1}"#, false),
            ("long:[5 TO *]", r#"{"long": 6}"#, true),
            ("long:[* TO 5}", r#"{"long": 5}"#, false),
            // One value has to lie within the range; two comparisons may have a value each.
            ("long:[100 TO 200]", r#"{"long": [50, 250]}"#, false),
            ("long:[100 TO 200]", r#"{"long": [50, 150]}"#, true),
            ("long:(>=100 AND <=200)", r#"{"long": [50, 250]}"#, true),
            ("NOT long:[100 TO 200]", "{}", true),
            ("long:>=5", r#"{"long": 5}"#, true),
            ("long:>5", r#"{"long": 5}"#, false),
            ("long:<5", r#"{"long": 4}"#, true),
            (r"long:\-5", r#"{"long": -5}"#, true),
            ("long:[-5 TO 0]", r#"{"long": -5}"#, true),
            ("date:[2026-03-01 TO 2026-03-18]", r#"{"date": "2026-03-18T20:00:00Z"}"#, true),
            ("date:[now-1d TO now]", r#"{"date": "2026-03-18T00:00:00Z"}"#, true),
            (
                r#"date:["2026-03-18T10:00:00Z" TO 2026-03-18T11:00:00Z]"#,
                r#"{"date": "2026-03-18T10:30:00Z"}"#,
                true,
            ),
            ("keyword:[b TO d]", r#"{"keyword": "c"}"#, true),
            ("text:error", r#"{"text": "An Error"}"#, true),
        ],
    );
}

#[test]
fn neighbours_of_one_field_become_one_leaf() {
    let shown =
        |language, query| lowered(language, query, &options()).expect(query).condition.to_string();
    for (query, expected) in [
        ("keyword: (a or b or c)", r#"keyword in ("a", "b", "c")"#),
        ("keyword: (a* or *b) or keyword: c", r#"keyword like ("a*", "*b") or keyword == "c""#),
        ("ip: (10.0.0.0/8 or 172.16.0.0/12)", r#"cidrMatch(ip, "10.0.0.0/8", "172.16.0.0/12")"#),
        ("long: 1 or (long: 2 or long: 3)", "long in (1, 2, 3)"),
        ("long: 1 or keyword: a or long: 2", r#"long == 1 or keyword == "a" or long == 2"#),
        ("long: (1 and 2)", "long == 1 and long == 2"),
    ] {
        assert_eq!(shown(Kuery, query), expected, "{query}");
    }
    assert_eq!(shown(Lucene, "long:[1 TO 2]"), "(long >= 1 and long <= 2) == true");
}

#[test]
fn what_runs_but_hardly_means_what_it_says() {
    let warnings = |language, query: &str| {
        render(query, &lowered(language, query, &options()).expect(query).warnings)
    };
    expect![[r#"
        1:1 KQL050 unknown field `destination.prot`, did you mean `destination.port`?
          help: ECS has no such field; documents that lack it have no value in it
    "#]]
    .assert_eq(&warnings(Kuery, "destination.prot: 443 or destination.prot: 80"));
    expect![[r#"
        1:10 KQL060 the quotes of 'a b' are part of the value
          help: a text stands between straight double quotes
        1:28 KQL060 the quotes of “x” are part of the value
          help: a text stands between straight double quotes
    "#]]
    .assert_eq(&warnings(Kuery, "keyword: 'a b' or keyword: “x”"));
    expect![[r#"
        1:1 KQL059 this clause decides nothing, since others must hold
          help: `AND` and `+` mark the clauses beside them: write `(a OR b) AND c`, or remove the clause
    "#]].assert_eq(&warnings(Lucene, "keyword:a OR long:1 AND double:2"));
}

#[test]
fn a_strict_schema_has_no_values_in_other_fields() {
    let mut schema = Schema::strict();
    schema.declare("process.name", Mapped::Field(FieldMapping::of(Type::Keyword)));
    let query = "not process.nmae: a or process.pid: 4 or other.*: x or process: *";
    let lowered = lower(&parse_kql(query).unwrap(), &schema, &options()).unwrap();
    assert!(holds(&lowered.condition, "{}"));
    expect![[r#"
        1:5 KQL050 unknown field `process.nmae`, did you mean `process.name`?
          help: no mapping has this field, so that no document has a value in it
        1:24 KQL050 unknown field `process.pid`
          help: no mapping has this field, so that no document has a value in it
        1:42 KQL050 no known field matches `other.*`
          help: no mapping has such a field, so that no document has a value in one
    "#]]
    .assert_eq(&render(query, &lowered.warnings));
}
